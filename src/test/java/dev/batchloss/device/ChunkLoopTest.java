package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The order of chunks, and what is known of them when something fails. */
class ChunkLoopTest {
  private static final int ROWS = 40;
  private static final int SHORT = -4;
  private static final int LOST = -36;

  private final RowRequest<Matrix> request =
      new RowRequest<>(
          CrossEntropy.builder().build().plan(),
          Matrix.of(new float[ROWS], ROWS, 1),
          Targets.classes(new int[ROWS]),
          Set.of(),
          MatrixOutput.NONE,
          null,
          1,
          null,
          () -> rows -> {});

  private final TargetScan scan = TargetScan.of(request.rowPlan(), ROWS, 1, request.targets());
  private final List<String> collected = new ArrayList<>();

  /** The most rows that a chunk may have from row 20 on. */
  private int memory = ROWS;

  private int failingRow = ROWS;
  private boolean failsAfterCollecting;
  private int begun;
  private int ended;
  private @Nullable RuntimeException endFailure;

  private final class Slot implements ChunkSlot {
    private @Nullable RowChunk chunk;

    @Override
    public boolean isBusy() {
      return chunk != null;
    }

    @Override
    public void start(RowChunk next) {
      if (next.firstRow() >= 20 && next.rows() > memory) {
        throw new DeviceException(SHORT, "SHORT", "starting");
      }
      chunk = next;
    }

    @Override
    public void collect(RowFolding folding, RunProgress progress) {
      boolean fails = chunk.firstRow() + chunk.rows() > failingRow;
      if (fails && !failsAfterCollecting) {
        throw new DeviceException(LOST, "LOST", "collecting");
      }
      collected.add(chunk.firstRow() + "+" + chunk.rows());
      progress.collected(chunk);
      if (fails) {
        throw new DeviceException(LOST, "LOST", "letting go");
      }
      chunk = null;
    }

    @Override
    public void end() {
      chunk = null;
      ended++;
      if (endFailure != null) {
        throw endFailure;
      }
    }

    @Override
    public void close() {}
  }

  private RowsDone run(RowRequest<Matrix> call, int chunkRows) {
    RunProgress progress = new RunProgress(call);
    progress.scanned(scan);
    IntPredicate isShort = code -> code == SHORT;
    RowFolding folding = new RowFolding(call);
    try {
      new TurnLoop<>(List.of(new Slot(), new Slot()), slot -> begun++, folding)
          .run(call.input(), progress, 4L * chunkRows, isShort);
    } catch (DeviceException e) {
      return progress.unfinished(e).rowsDone();
    }
    return new RowsDone(progress.firstRow(), scan);
  }

  @Test
  void whatHasComeBackIsDone() {
    failingRow = 25;
    assertThat(run(request, 8)).isEqualTo(new RowsDone(24, scan));
    assertThat(collected).containsExactly("0+8", "8+8", "16+8");
  }

  @Test
  void aChunkThatFailsAfterItCameBackIsDoneToo() {
    failingRow = 25;
    failsAfterCollecting = true;
    assertThat(run(request, 8)).isEqualTo(new RowsDone(32, scan));
  }

  @Test
  void theRestStartsWhereTheRequestDoes() {
    RowRequest<Matrix> rest = request.after(new RowsDone(29, scan));
    assertThat(run(rest, 8)).isEqualTo(new RowsDone(ROWS, scan));
    assertThat(collected).containsExactly("29+8", "37+3");
    failingRow = 30;
    assertThat(run(rest, 8)).isEqualTo(new RowsDone(29, scan));
  }

  @Test
  void whereMemoryRunsOutTheRestIsDoneInSmallerChunks() {
    memory = 3;
    assertThat(run(request, 10)).isEqualTo(new RowsDone(ROWS, scan));
    assertThat(collected).startsWith("0+10", "10+5", "15+2", "17+2").endsWith("37+2", "39+1");
  }

  @Test
  void whereNotEvenARowFitsTheErrorIsThrown() {
    memory = 0;
    RunProgress progress = new RunProgress(request);
    assertThatThrownBy(
            () ->
                new TurnLoop<>(List.of(new Slot()), slot -> {}, new RowFolding(request))
                    .run(request.input(), progress, 40, code -> code == SHORT))
        .hasMessage("starting: SHORT (-4)");
    assertThat(progress.firstRow()).isEqualTo(20);
  }

  @Test
  void slotsAreBegunForTheirFirstChunkAndAllAreEnded() {
    assertThat(run(request, ROWS)).isEqualTo(new RowsDone(ROWS, scan));
    assertThat(begun).isEqualTo(1);
    assertThat(ended).isEqualTo(2);
    assertThat(run(request, 5)).isEqualTo(new RowsDone(ROWS, scan));
    assertThat(begun).isEqualTo(3);
    assertThat(ended).isEqualTo(4);
  }

  @Test
  void theFirstFailureIsThrownThoughEndingFailsToo() {
    failingRow = 0;
    endFailure = new IllegalStateException("ending");
    RunProgress progress = new RunProgress(request);
    assertThatThrownBy(
            () ->
                new TurnLoop<>(List.of(new Slot()), slot -> {}, new RowFolding(request))
                    .run(request.input(), progress, 40, code -> code == SHORT))
        .hasMessage("collecting: LOST (-36)")
        .hasSuppressedException(endFailure);
  }
}
