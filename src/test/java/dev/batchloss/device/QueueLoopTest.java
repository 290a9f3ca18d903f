package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several devices on one call: who takes which chunk, and what has been done when one fails. */
class QueueLoopTest {
  private static final int ROWS = 60;
  private static final int CHUNK_ROWS = 2;
  private static final int SHORT = 2;
  private static final int LOST = 700;

  private final List<Long> folded = new ArrayList<>();
  private final List<Long> parkedOutput = new ArrayList<>();
  private final List<Slot> slots = new ArrayList<>();
  private RowFold fold =
      batch ->
          IntStream.range(0, batch.size).mapToObj(i -> batch.firstRow + i).forEach(folded::add);

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
          () -> batch -> fold.fold(batch));

  private final TargetScan scan = TargetScan.of(request.rowPlan(), ROWS, 1, request.targets());

  /** How many looks at it a chunk of a device takes until it has come back. */
  private final class Device {
    private final int looks;
    private int failingStart = Integer.MAX_VALUE;
    private int failure = LOST;
    private int starts;

    Device(int looks, int slotCount) {
      this.looks = looks;
      IntStream.range(0, slotCount).forEach(_ -> slots.add(new Slot(this)));
    }
  }

  private final class Slot implements SharingSlot {
    private final Device device;
    private @Nullable RowChunk chunk;
    private int looksLeft;
    private boolean fails;
    private int begun;
    private int ended;

    Slot(Device device) {
      this.device = device;
    }

    void begin() {
      begun++;
    }

    @Override
    public boolean isBusy() {
      return chunk != null;
    }

    @Override
    public void start(RowChunk next) {
      assertThat(begun).isEqualTo(ended + 1);
      assertThat(chunk).isNull();
      device.starts++;
      boolean isFailing = device.starts >= device.failingStart;
      if (isFailing && device.failure == SHORT) {
        device.failingStart = Integer.MAX_VALUE;
        throw new DeviceException(SHORT, "SHORT", "starting");
      }
      fails = isFailing;
      chunk = next;
      looksLeft = device.looks;
    }

    @Override
    public boolean hasArrived() {
      if (fails) {
        throw new DeviceException(LOST, "LOST", "looking");
      }
      looksLeft--;
      return looksLeft <= 0;
    }

    @Override
    public void collect(RowFolding folding, RunProgress progress) {
      RowChunk done = take();
      folding.fold(columns(done), ElementType.FLOAT32, done.firstRow(), done.rows());
      progress.collected(done);
    }

    @Override
    public ParkedChunk park() {
      RowChunk done = take();
      MemorySegment columns = columns(done);
      ParkedChunk parked =
          new ParkedChunk(
              done,
              ElementType.FLOAT32,
              columns,
              MemorySegment.ofArray(new long[] {done.firstRow()}),
              output -> parkedOutput.add(output.get(ValueLayout.JAVA_LONG, 0)));
      // The slot's memory is the next chunk's.
      columns.fill((byte) -1);
      return parked;
    }

    @Override
    public void end() {
      chunk = null;
      ended = begun;
    }

    @Override
    public void close() {}

    private RowChunk take() {
      if (fails) {
        throw new DeviceException(LOST, "LOST", "collecting");
      }
      RowChunk done = Objects.requireNonNull(chunk);
      chunk = null;
      return done;
    }

    private MemorySegment columns(RowChunk of) {
      RowColumns columns = RowColumns.of(request);
      return MemorySegment.ofArray(new byte[(int) columns.bytes(of.rows(), ElementType.FLOAT32)]);
    }
  }

  private RunProgress run(long mostParked) {
    RunProgress progress = new RunProgress(request);
    progress.scanned(scan);
    new QueueLoop<>(slots, Slot::begin, new RowFolding(request), mostParked)
        .run(request.input(), progress, CHUNK_ROWS * Float.BYTES, code -> code == SHORT);
    return progress;
  }

  private static List<Long> rows(long end) {
    return IntStream.iterate(0, row -> row < end, row -> row + 1)
        .mapToObj(row -> (long) row)
        .toList();
  }

  @Test
  void theFasterDeviceTakesMoreChunks() {
    Device slow = new Device(100, 2);
    Device fast = new Device(1, 2);
    assertThat(run(QueueLoop.MOST_PARKED).firstRow()).isEqualTo(ROWS);
    assertThat(folded).isEqualTo(rows(ROWS));
    assertThat(slow.starts + fast.starts).isEqualTo(ROWS / CHUNK_ROWS);
    assertThat(slow.starts).isLessThanOrEqualTo(3);
    assertThat(parkedOutput).isNotEmpty().isSorted().doesNotContain(0L);
  }

  @Test
  void equalDevicesTakeAsManyEach() {
    Device one = new Device(3, 2);
    Device other = new Device(3, 2);
    run(QueueLoop.MOST_PARKED);
    assertThat(folded).isEqualTo(rows(ROWS));
    assertThat(one.starts).isCloseTo(other.starts, within(2));
  }

  /** A chunk's columns and output are 32 bytes. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 33, 100})
  void noMoreIsParkedThanAllowed(long mostParked) {
    Device slow = new Device(1000, 1);
    Device fast = new Device(1, 1);
    run(mostParked);
    assertThat(folded).isEqualTo(rows(ROWS));
    double chunksAhead = Math.ceil(mostParked / 32.0);
    assertThat((double) fast.starts / slow.starts).isCloseTo(chunksAhead + 1, within(1.0));
  }

  @Test
  void slotsAreBegunOnceAndOnlyIfTheyAreUsed() {
    Device device = new Device(1, ROWS / CHUNK_ROWS + 3);
    run(QueueLoop.MOST_PARKED);
    assertThat(device.starts).isEqualTo(ROWS / CHUNK_ROWS);
    assertThat(slots).extracting(slot -> slot.begun).endsWith(1, 0, 0, 0).doesNotContain(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 7, 8, 9, 10, 11, 12, 20})
  void whatWasParkedWhenADeviceFailsIsStillToDo(int failingStart) {
    Device slow = new Device(5, 2);
    Device fast = new Device(1, 2);
    fast.failingStart = failingStart;
    RunProgress progress = new RunProgress(request);
    progress.scanned(scan);
    QueueLoop<Slot> loop = new QueueLoop<>(slots, Slot::begin, new RowFolding(request));
    DeviceException failure =
        catchThrowableOfType(
            DeviceException.class,
            () -> loop.run(request.input(), progress, CHUNK_ROWS * Float.BYTES, code -> false));
    int done = folded.size();
    assertThat(progress.unfinished(failure).rowsDone()).isEqualTo(new RowsDone(done, scan));
    assertThat(folded).isEqualTo(rows(done));
    assertThat(slow.starts).isPositive();
    assertThat(done).isLessThan((slow.starts + fast.starts) * CHUNK_ROWS);
    assertThat(slots).allMatch(slot -> !slot.isBusy() && slot.ended == slot.begun);
  }

  @Test
  void whereMemoryRunsOutNoRowIsFoldedTwice() {
    Device slow = new Device(7, 2);
    Device fast = new Device(1, 2);
    fast.failingStart = 6;
    fast.failure = SHORT;
    run(QueueLoop.MOST_PARKED);
    assertThat(folded).isEqualTo(rows(ROWS));
    assertThat(slow.starts).isPositive();
  }

  @Test
  void aBadRowIsReportedInItsTurn() {
    fold =
        batch -> {
          if (batch.firstRow >= 20) {
            throw new InvalidDataException("row " + batch.firstRow);
          }
          folded.add(batch.firstRow);
        };
    new Device(50, 1);
    new Device(1, 2);
    assertThatThrownBy(() -> run(QueueLoop.MOST_PARKED))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("row 20");
    assertThat(folded).hasSize(10);
  }
}
