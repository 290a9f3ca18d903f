package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import dev.batchloss.spi.UnfinishedRunException;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.jocl.CL;
import org.junit.jupiter.api.Test;

/** A device that fails in the middle of a call says how far the call had come. */
class LostDeviceRunTest {
  private static final int CLASSES = 50;
  private static final int INNER = 40;
  private static final int OUTER = 30;
  private static final int ROWS = OUTER * INNER;

  /** Four outer indices of floats, and less than five. */
  private static final int FOUR_OUTER = 4 * INNER * CLASSES * Float.BYTES + 1000;

  /** Takes rows until one comes, and fails then as the driver would. */
  private static final class FailingFold implements RowFold {
    private final double[] losses = new double[ROWS];
    private final int[] times = new int[ROWS];
    private final long failingRow;
    private final int code;

    FailingFold(long failingRow, int code) {
      this.failingRow = failingRow;
      this.code = code;
    }

    @Override
    public void fold(RowStatistics batch) {
      if (batch.firstRow + batch.size > failingRow) {
        throw new DeviceException(code, CL.stringFor_errorCode(code), "waiting for the queue");
      }
      for (int i = 0; i < batch.size; i++) {
        losses[(int) batch.firstRow + i] = batch.loss[i];
        times[(int) batch.firstRow + i]++;
      }
    }
  }

  private static FailingFold never() {
    return new FailingFold(Long.MAX_VALUE, 0);
  }

  private static float[] logits() {
    float[] logits = new float[ROWS * CLASSES];
    Random random = new Random(3);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    return logits;
  }

  private static RowRequest<Matrix> inPlace(float[] logits, RowFold fold) {
    Matrix matrix = Matrix.of(logits, OUTER, CLASSES, INNER);
    return new RowRequest<>(
        CrossEntropy.builder().build().plan(),
        matrix,
        Targets.classes(new int[ROWS]),
        Set.of(),
        MatrixOutput.GRADIENT,
        matrix,
        1,
        null,
        () -> fold);
  }

  private static OpenClBackend withSmallChunks() {
    return new OpenClBackend(
        "opencl:0",
        TestDevice.pretending(
            TestDevice.find(),
            description -> description.maxAllocation(FOUR_OUTER).withMemoryOfItsOwn()));
  }

  @Test
  void rowsThatCameBackAreDoneAndTheOthersUntouched() {
    float[] want = logits();
    FailingFold all = never();
    try (OpenClBackend backend = withSmallChunks()) {
      backend.run(inPlace(want, all));
    }
    float[] got = logits();
    FailingFold half = new FailingFold(13 * INNER, CL.CL_OUT_OF_RESOURCES + 1000);
    RowsDone done;
    try (OpenClBackend backend = withSmallChunks()) {
      UnfinishedRunException e =
          catchThrowableOfType(UnfinishedRunException.class, () -> backend.run(inPlace(got, half)));
      assertThat(e).hasMessageContaining("waiting for the queue");
      done = e.rowsDone();
    }
    assertThat(done.rows()).isEqualTo(12 * INNER);
    assertThat(done.scan().rows()).isEqualTo(ROWS);
    int cut = (int) done.rows() * CLASSES;
    assertThat(got).startsWith(Arrays.copyOf(want, cut));
    assertThat(Arrays.copyOfRange(got, cut, got.length))
        .isEqualTo(Arrays.copyOfRange(logits(), cut, got.length));

    FailingFold rest = never();
    try (OpenClBackend another = new OpenClBackend("opencl:0", TestDevice.find())) {
      RowOutcome outcome = another.run(inPlace(got, rest).after(done));
      assertThat(outcome.scan()).isSameAs(done.scan());
    }
    assertThat(got).isEqualTo(want);
    for (int row = 0; row < ROWS; row++) {
      assertThat(half.times[row] + rest.times[row]).isEqualTo(1);
      assertThat(half.losses[row] + rest.losses[row]).isEqualTo(all.losses[row]);
    }
  }

  /** The first chunk is the rest of an outer index, and small enough. */
  @Test
  void memoryThatRunsOutAfterAPartLeavesSmallerChunks() {
    float[] want = logits();
    FailingFold all = never();
    TargetScan scan;
    try (OpenClBackend backend = withSmallChunks()) {
      scan = backend.run(inPlace(want, all)).scan();
    }
    RowsDone done = new RowsDone(3 * INNER + 5, scan);
    int cut = (int) done.rows();
    float[] got = logits();
    FailingFold rest = never();
    try (OpenClBackend backend =
        new OpenClBackend(
            "opencl:0",
            TestDevice.pretending(
                TestDevice.find(),
                description ->
                    description
                        .maxAllocation(INNER * CLASSES * Float.BYTES - 4)
                        .withMemoryOfItsOwn()))) {
      backend.run(inPlace(got, rest).after(done));
    }
    for (int row = 0; row < ROWS; row++) {
      assertThat(rest.times[row]).isEqualTo(row < cut ? 0 : 1);
      assertThat(rest.losses[row]).isEqualTo(row < cut ? 0 : all.losses[row]);
    }
    Matrix wantMatrix = Matrix.of(want, OUTER, CLASSES, INNER);
    Matrix gotMatrix = Matrix.of(got, OUTER, CLASSES, INNER);
    Matrix before = Matrix.of(logits(), OUTER, CLASSES, INNER);
    for (int row = 0; row < ROWS; row++) {
      for (int c = 0; c < CLASSES; c++) {
        assertThat(gotMatrix.get(row, c))
            .isEqualTo(row < cut ? before.get(row, c) : wantMatrix.get(row, c));
      }
    }
  }

  @Test
  void whatIsShortOfMemoryIsNotLost() {
    try (OpenClBackend backend =
        new OpenClBackend(
            "opencl:0",
            TestDevice.pretending(
                TestDevice.find(), d -> d.maxAllocation(64).withMemoryOfItsOwn()))) {
      assertThatExceptionOfType(DeviceException.class)
          .isThrownBy(() -> backend.run(inPlace(logits(), never())))
          .satisfies(e -> assertThat(e).isExactlyInstanceOf(DeviceException.class));
    }
  }
}
