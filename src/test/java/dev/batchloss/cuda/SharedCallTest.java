package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.UnfinishedRunException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two devices on one call, of which one is slow or fails, with work done as late as possible. */
@Tag("cuda")
class SharedCallTest {
  private static final int ROWS = 41;
  private static final int CLASSES = 37;
  private static final long BYTES = (long) ROWS * CLASSES * Float.BYTES;

  /** Chunks of one row, so that there are many. */
  private static final TransferSizes STAGED = new TransferSizes(1, 1, Long.MAX_VALUE);

  private static final TransferSizes PINNED = new TransferSizes(1, 1, 1);

  private final MemorySegment logits = Arena.ofAuto().allocate(BYTES, 64);
  private final MemorySegment gradient = Arena.ofAuto().allocate(BYTES, 64);
  private final double[] losses = new double[ROWS];
  private final int[] folds = new int[ROWS];

  private List<DeviceDescription> devices;
  private double[] wantedLosses;
  private byte[] wantedGradient;

  /** Where the gradient goes. */
  enum Way {
    STAGED_BESIDE,
    PINNED_BESIDE,
    STAGED_IN_PLACE,
    PINNED_IN_PLACE;

    TransferSizes sizes() {
      return this == PINNED_BESIDE || this == PINNED_IN_PLACE ? PINNED : STAGED;
    }

    boolean isInPlace() {
      return this == STAGED_IN_PLACE || this == PINNED_IN_PLACE;
    }
  }

  @BeforeEach
  void runOnOne() {
    String reason = JCudaLibrary.failure();
    if (reason != null) {
      RequiredBackends.skipOrFail(DeviceDiscovery.FAMILY, reason);
    }
    devices = InstalledDevices.find();
    if (devices.size() < 2) {
      RequiredBackends.skipOrFail("cuda:all", "there is only one CUDA device");
    }
    devices = devices.subList(0, 2);
    Random random = new Random(8);
    for (long i = 0; i < ROWS * CLASSES; i++) {
      logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, 3 * (float) random.nextGaussian());
    }
    run(devices.subList(0, 1), request(Way.STAGED_BESIDE), STAGED);
    wantedLosses = losses.clone();
    wantedGradient = gradient.toArray(ValueLayout.JAVA_BYTE);
    forget();
    StandInDriver.set("EMULATED_GPU_ORDER", "lazy");
  }

  @AfterEach
  void reset() {
    StandInDriver.set("EMULATED_GPU_FAULTS", "");
    StandInDriver.set("EMULATED_GPU_SLOW", "");
    StandInDriver.reset("EMULATED_GPU_ORDER", "eager");
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aSlowDeviceTakesFewerChunksAndChangesNoBit(Way way) {
    for (int slow : new int[] {0, 1}) {
      StandInDriver.set("EMULATED_GPU_SLOW", slow + ":200");
      MemorySegment saved = saved();
      long slowBefore = StandInDriver.launches(slow);
      long fastBefore = StandInDriver.launches(1 - slow);
      run(devices, request(way), way.sizes());
      requireResult(way);
      long onSlow = StandInDriver.launches(slow) - slowBefore;
      long onFast = StandInDriver.launches(1 - slow) - fastBefore;
      if (onSlow + onFast > 0) {
        // Phase 0 is one launch more, on the first.
        assertThat(onSlow + onFast).isEqualTo(ROWS + 1);
        assertThat(onSlow).isBetween(3L, 5L);
      }
      logits.copyFrom(saved);
      forget();
    }
  }

  /** The failing call is the n-th look at a stream, while chunks are parked, in slots and done. */
  @ParameterizedTest
  @CsvSource({
    "STAGED_BESIDE, 1",
    "STAGED_BESIDE, 30",
    "PINNED_BESIDE, 100",
    "STAGED_IN_PLACE, 60",
    "STAGED_IN_PLACE, 500",
    "PINNED_IN_PLACE, 250"
  })
  void whatADeviceLeavesUndoneAnotherBackendDoes(Way way, int look) {
    StandInDriver.set("EMULATED_GPU_SLOW", "0:7");
    StandInDriver.set("EMULATED_GPU_FAULTS", "cuStreamQuery:" + look + "=719");
    RowRequest<Matrix> request = request(way);
    UnfinishedRunException unfinished =
        catchThrowableOfType(
            UnfinishedRunException.class, () -> run(devices, request, way.sizes()));
    assertThat(unfinished).isNotNull();
    StandInDriver.set("EMULATED_GPU_FAULTS", "");
    StandInDriver.set("EMULATED_GPU_SLOW", "");
    assertThat(unfinished.failure().code()).isEqualTo(719);
    long firstRow = unfinished.rowsDone().rows();
    assertThat(firstRow).isLessThan(ROWS);
    for (int row = 0; row < ROWS; row++) {
      assertThat(folds[row]).as("row " + row).isEqualTo(row < firstRow ? 1 : 0);
    }
    run(devices.subList(0, 1), request.after(unfinished.rowsDone()), way.sizes());
    requireResult(way);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 9, 14, 20})
  void whereMemoryOfOneRunsOutNoRowIsDoneTwice(int allocation) {
    StandInDriver.set("EMULATED_GPU_SLOW", "1:7");
    StandInDriver.set("EMULATED_GPU_FAULTS", "cuMemAlloc_v2:" + allocation + "=2");
    TransferSizes sizes = new TransferSizes(1, 4L * CLASSES * Float.BYTES, Long.MAX_VALUE);
    run(devices, request(Way.STAGED_IN_PLACE), sizes);
    requireResult(Way.STAGED_IN_PLACE);
  }

  @Test
  void onlyTheDeviceThatFailedIsGivenUp() {
    StandInDriver.set("EMULATED_GPU_FAULTS", "cuLaunchKernel:3=700");
    try (CudaBackend first = new CudaBackend("cuda:0", devices.subList(0, 1), STAGED);
        CudaBackend second = new CudaBackend("cuda:1", devices.subList(1, 2), STAGED)) {
      // Its first launch looks at the targets, on the first device; then they take turns.
      UnfinishedRunException unfinished =
          catchThrowableOfType(
              UnfinishedRunException.class, () -> run(devices, request(Way.STAGED_BESIDE), STAGED));
      assertThat(unfinished.failure().code()).isEqualTo(700);
      StandInDriver.set("EMULATED_GPU_FAULTS", "");
      forget();
      var _ = first.run(request(Way.STAGED_BESIDE));
      requireResult(Way.STAGED_BESIDE);
      UnfinishedRunException onSecond =
          catchThrowableOfType(
              UnfinishedRunException.class, () -> second.run(request(Way.STAGED_BESIDE)));
      assertThat(onSecond.failure()).hasMessageContaining("failed before and is not used again");
    }
  }

  @Test
  void anEngineGoesOnElsewhere() {
    Matrix input = Matrix.of(logits, ElementType.FLOAT32, ROWS, CLASSES);
    Targets targets = Targets.classes(new int[ROWS]);
    CrossEntropy loss = CrossEntropy.builder().build();
    try (BatchLoss engine = BatchLoss.open("cuda:all");
        BatchLoss one = BatchLoss.open("cuda:0")) {
      double wanted = one.evaluate(loss, input, targets, Outputs.lossOnly()).loss();
      StandInDriver.set("EMULATED_GPU_FAULTS", "cuLaunchKernel:2=719");
      LossResult result = engine.evaluate(loss, input, targets, Outputs.lossOnly());
      assertThat(result.loss()).isEqualTo(wanted);
      assertThat(result.backends()).first().matches(backend -> backend.name().equals("cuda:all"));
      assertThat(result.backends()).hasSize(2);
    }
  }

  private void run(List<DeviceDescription> on, RowRequest<Matrix> request, TransferSizes sizes) {
    try (CudaBackend backend = new CudaBackend("cuda:test", on, sizes)) {
      var _ = backend.run(request);
    }
  }

  private void requireResult(Way way) {
    assertThat(folds).containsOnly(1);
    assertThat(losses).isEqualTo(wantedLosses);
    MemorySegment written = way.isInPlace() ? logits : gradient;
    assertThat(written.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(wantedGradient);
  }

  private MemorySegment saved() {
    return MemorySegment.ofArray(logits.toArray(ValueLayout.JAVA_BYTE));
  }

  private void forget() {
    Arrays.fill(folds, 0);
    Arrays.fill(losses, Double.NaN);
    gradient.fill((byte) 1);
  }

  private RowRequest<Matrix> request(Way way) {
    Matrix input = Matrix.of(logits, ElementType.FLOAT32, ROWS, CLASSES);
    int[] targets = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      targets[row] = row * 5 % CLASSES;
    }
    return new RowRequest<>(
        CrossEntropy.builder().build().plan(),
        input,
        Targets.classes(targets),
        Set.of(),
        MatrixOutput.GRADIENT,
        way.isInPlace() ? input : Matrix.of(gradient, ElementType.FLOAT32, ROWS, CLASSES),
        1,
        null,
        () ->
            batch -> {
              for (int i = 0; i < batch.size; i++) {
                losses[(int) batch.firstRow + i] = batch.loss[i];
                folds[(int) batch.firstRow + i]++;
              }
            });
  }
}
