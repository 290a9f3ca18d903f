package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.spi.RowRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SlotTurnsTest {
  private static final int OUT_OF_MEMORY = 2;
  private static final int ROWS = 16;
  private static final int ROW_BYTES = Float.BYTES;

  private final Matrix input = Matrix.of(new float[ROWS], ROWS, 1);
  private final List<String> log = new ArrayList<>();

  @Test
  void slotsTakeTurnsAndAreCollectedInOrder() {
    run(List.of(new Slot("a", ROWS), new Slot("b", ROWS)), 6 * ROW_BYTES);
    assertThat(log)
        .containsExactly(
            "begin a",
            "a starts 0+6",
            "begin b",
            "b starts 6+6",
            "a collects 0",
            "a starts 12+4",
            "b collects 6",
            "a collects 12",
            "end a",
            "end b");
  }

  @Test
  void slotsWithoutAChunkAreNotBegun() {
    run(List.of(new Slot("a", ROWS), new Slot("b", ROWS)), ROWS * ROW_BYTES);
    assertThat(log).containsExactly("begin a", "a starts 0+16", "a collects 0", "end a", "end b");
  }

  @Test
  void chunksAreHalvedUntilTheyFit() {
    run(List.of(new Slot("a", 5)), ROWS * ROW_BYTES);
    assertThat(log.stream().filter(entry -> entry.startsWith("a collects")))
        .containsExactly("a collects 0", "a collects 4", "a collects 8", "a collects 12");
  }

  @Test
  void whereNoRowFitsTheErrorIsThrown() {
    assertThatThrownBy(() -> run(List.of(new Slot("a", 0)), ROWS * ROW_BYTES))
        .isInstanceOf(DeviceException.class);
    assertThat(log).endsWith("a starts 0+1", "end a").doesNotContain("a collects 0");
  }

  @Test
  void theFirstFailureIsThrownThoughEndingFailsToo() {
    Slot slot = new Slot("a", 0);
    slot.endFailure = new IllegalStateException("at the end");
    assertThatThrownBy(() -> run(List.of(slot), ROW_BYTES))
        .isInstanceOf(DeviceException.class)
        .hasSuppressedException(slot.endFailure);
  }

  private void run(List<Slot> slots, long mostBytes) {
    RowRequest<Matrix> request =
        new RowRequest<>(
            CrossEntropy.builder().build().plan(),
            input,
            Targets.classes(new int[ROWS]),
            Set.of(),
            MatrixOutput.NONE,
            null,
            1,
            null,
            () -> rows -> {});
    new TurnLoop<>(slots, slot -> log.add("begin " + slot.name), new RowFolding(request))
        .run(input, new RunProgress(request), mostBytes, code -> code == OUT_OF_MEMORY);
  }

  /** Has memory for some rows. */
  private final class Slot implements ChunkSlot {
    private final String name;
    private final int room;
    private @Nullable RowChunk chunk;
    private @Nullable RuntimeException endFailure;

    Slot(String name, int room) {
      this.name = name;
      this.room = room;
    }

    @Override
    public boolean isBusy() {
      return chunk != null;
    }

    @Override
    public void start(RowChunk next) {
      log.add("%s starts %d+%d".formatted(name, next.firstRow(), next.rows()));
      if (next.rows() > room) {
        throw new DeviceException(OUT_OF_MEMORY, "OUT_OF_MEMORY", "allocating");
      }
      chunk = next;
    }

    @Override
    public void collect(RowFolding folding, RunProgress progress) {
      progress.collected(Objects.requireNonNull(chunk));
      log.add("%s collects %d".formatted(name, chunk.firstRow()));
      chunk = null;
    }

    @Override
    public void end() {
      log.add("end " + name);
      chunk = null;
      if (endFailure != null) {
        throw endFailure;
      }
    }

    @Override
    public void close() {}
  }
}
