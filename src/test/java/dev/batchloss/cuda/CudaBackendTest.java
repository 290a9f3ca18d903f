package dev.batchloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.RequiredBackends;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.device.NativeHandle;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Plan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How calls travel changes no bit: chunks, devices, memory that is pinned in place. */
@Tag("cuda")
class CudaBackendTest {
  private static final int ROWS = 23;
  private static final int CLASSES = 301;
  private static final long BYTES = (long) ROWS * CLASSES * Float.BYTES;
  private static final TransferSizes STAGED = new TransferSizes(1L << 20, 1L << 20, Long.MAX_VALUE);

  /** Chunks of three rows. */
  private static final TransferSizes SMALL =
      new TransferSizes(1, 3L * CLASSES * Float.BYTES, Long.MAX_VALUE);

  private static final TransferSizes SMALL_AND_PINNED =
      new TransferSizes(1, 3L * CLASSES * Float.BYTES, 1);

  private final MemorySegment logits = Arena.ofAuto().allocate(BYTES, 64);
  private final MemorySegment gradient = Arena.ofAuto().allocate(BYTES, 64);

  private List<DeviceDescription> devices;

  @BeforeEach
  void findDevices() {
    String reason = JCudaLibrary.failure();
    if (reason != null) {
      RequiredBackends.skipOrFail(DeviceDiscovery.FAMILY, reason);
    }
    devices = InstalledDevices.find();
    Random random = new Random(3);
    for (long i = 0; i < ROWS * CLASSES; i++) {
      logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
  }

  @Test
  void chunksAndPinnedMemoryGiveTheSameBits() {
    List<DeviceDescription> one = devices.subList(0, 1);
    double[] losses = run(one, STAGED);
    byte[] wanted = gradient.toArray(ValueLayout.JAVA_BYTE);
    for (TransferSizes sizes : List.of(SMALL, SMALL_AND_PINNED)) {
      gradient.fill((byte) 1);
      assertThat(run(one, sizes)).as(sizes.toString()).isEqualTo(losses);
      assertThat(gradient.toArray(ValueLayout.JAVA_BYTE)).as(sizes.toString()).isEqualTo(wanted);
    }
  }

  @Test
  void severalDevicesGiveTheSameBits() {
    if (devices.size() < 2) {
      RequiredBackends.skipOrFail("cuda:all", "there is only one CUDA device");
    }
    double[] losses = run(devices.subList(1, 2), STAGED);
    byte[] wanted = gradient.toArray(ValueLayout.JAVA_BYTE);
    gradient.fill((byte) 1);
    assertThat(run(devices, SMALL)).isEqualTo(losses);
    assertThat(gradient.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(wanted);
  }

  /** Rows of three lanes' widths, and of a block. */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 77, 1301})
  void comparisonsInChunksOnSeveralDevicesGiveTheSameBits(int classes) {
    long chunk = 2L * classes * Float.BYTES;
    for (Plan plan :
        List.of(LogCosh.builder().build().plan(), JensenShannon.builder().build().plan())) {
      Matrix whole = Matrix.of(new float[5 * classes], 5, classes);
      double[] losses = compare(plan, devices.subList(0, 1), STAGED, whole);
      for (long leastRegistered : new long[] {Long.MAX_VALUE, 1}) {
        TransferSizes small = new TransferSizes(1, chunk, leastRegistered);
        Matrix inChunks = Matrix.of(new float[5 * classes], 5, classes);
        assertThat(compare(plan, devices, small, inChunks)).isEqualTo(losses);
        assertThat(inChunks.array()).isEqualTo(whole.array());
      }
    }
  }

  @Test
  void ofSeveralDevicesTheFirstBadRowIsReported() {
    Matrix soft = Matrix.of(new float[ROWS * CLASSES], ROWS, CLASSES);
    for (int row = 0; row < ROWS; row++) {
      soft.set(row, 0, row == 7 || row == 19 ? 2 : 1);
    }
    try (CudaBackend backend = new CudaBackend("cuda:all", devices, SMALL)) {
      assertThatThrownBy(() -> backend.run(request(Targets.probabilities(soft), new double[ROWS])))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("row 7");
    }
  }

  @Test
  void aClosedBackendHoldsNothingOfItsOwn() {
    // Contexts stay for the process.
    run(devices, SMALL_AND_PINNED);
    long before = NativeHandle.live();
    run(devices, SMALL_AND_PINNED);
    assertThat(NativeHandle.live()).isLessThanOrEqualTo(before);
  }

  @Test
  void modulesAreUnloadedWithTheLastBackendOfTheirDevice() {
    List<DeviceDescription> one = devices.subList(0, 1);
    run(one, STAGED);
    long idle = NativeHandle.live();
    OpenDevice first = OpenDevice.of(one.getFirst());
    KernelModule module = first.module(TargetScanner.MODULE);
    assertThat(NativeHandle.live()).isEqualTo(idle + 1);
    run(one, STAGED);
    module.requireOpen();
    first.release();
    assertThat(NativeHandle.live()).isEqualTo(idle);
    assertThatThrownBy(module::requireOpen).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aMatrixClosedDuringACopyIsNotFreedUnderIt() {
    try (CudaBackend backend = new CudaBackend("cuda:0", devices.subList(0, 1), SMALL)) {
      CudaMatrix matrix = (CudaMatrix) backend.allocate(ElementType.FLOAT32, ROWS, CLASSES, 1);
      float[] back = new float[ROWS * CLASSES];
      boolean _ =
          matrix.whileOpen(
              () -> {
                matrix.copyFrom(Matrix.of(logits, ElementType.FLOAT32, ROWS, CLASSES));
                matrix.copyTo(Matrix.of(back, ROWS, CLASSES));
                matrix.close();
                return true;
              });
      assertThat(back).isEqualTo(logits.toArray(ValueLayout.JAVA_FLOAT));
      assertThatThrownBy(() -> matrix.copyTo(Matrix.of(back, ROWS, CLASSES)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the buffer is closed");
    }
  }

  private double[] run(List<DeviceDescription> on, TransferSizes sizes) {
    int[] targets = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      targets[row] = 7 * row;
    }
    double[] losses = new double[ROWS];
    try (CudaBackend backend = new CudaBackend("cuda:test", on, sizes)) {
      backend.run(request(Targets.classes(targets), losses));
    }
    return losses;
  }

  /** Compares what lies at the beginning of the logits with what lies behind it, row by row. */
  private double[] compare(
      Plan plan, List<DeviceDescription> on, TransferSizes sizes, Matrix slopes) {
    long rows = slopes.rows();
    int classes = slopes.classes();
    long bytes = rows * classes * Float.BYTES;
    Matrix input = Matrix.of(logits.asSlice(0, bytes), ElementType.FLOAT32, rows, classes);
    Matrix values =
        Matrix.of(logits.asSlice(BYTES - bytes, bytes), ElementType.FLOAT32, rows, classes);
    Matrix weights = Matrix.of(new double[] {1, 2, 0.5, 3, 0.25}, rows, 1);
    Matrix elementWeights =
        Matrix.strided(weights.segment(), weights.type(), rows, classes, 1, 1, 0, 0);
    double[] losses = new double[(int) rows];
    try (CudaBackend backend = new CudaBackend("cuda:test", on, sizes)) {
      backend.run(
          new RowRequest<>(
              plan,
              input,
              new ValueTargets(values, elementWeights, weights),
              Set.of(),
              MatrixOutput.GRADIENT,
              slopes,
              1,
              null,
              () ->
                  batch ->
                      System.arraycopy(batch.loss, 0, losses, (int) batch.firstRow, batch.size)));
    }
    return losses;
  }

  private RowRequest<Matrix> request(Targets targets, double[] losses) {
    return new RowRequest<>(
        CrossEntropy.builder().build().plan(),
        Matrix.of(logits, ElementType.FLOAT32, ROWS, CLASSES),
        targets,
        Set.of(),
        MatrixOutput.GRADIENT,
        Matrix.of(gradient, ElementType.FLOAT32, ROWS, CLASSES),
        1,
        null,
        () -> batch -> System.arraycopy(batch.loss, 0, losses, (int) batch.firstRow, batch.size));
  }
}
