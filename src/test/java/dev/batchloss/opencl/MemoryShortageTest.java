package dev.batchloss.opencl;

import static dev.batchloss.data.ElementType.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.spi.RowRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A device that runs out of memory gets smaller chunks; one that cannot hold a row, an error. */
class MemoryShortageTest {
  private static final int ROWS = 3000;
  private static final int CLASSES = 100;

  @Test
  void smallerChunksGiveTheSameBits() {
    double[] losses = new double[ROWS];
    double[] fewerBytes = new double[ROWS];
    double[] gradient = new double[ROWS * CLASSES];
    double[] gradientInParts = new double[ROWS * CLASSES];
    Device device = TestDevice.find();
    run(device, losses, gradient, CLASSES);
    run(withBuffersUpTo(device, 200_000), fewerBytes, gradientInParts, CLASSES);
    assertThat(fewerBytes).isEqualTo(losses);
    assertThat(gradientInParts).isEqualTo(gradient);
    assertThat(Arrays.stream(losses).filter(loss -> loss != 0).count()).isEqualTo(ROWS);
  }

  @Test
  void comparisonsInSmallerChunks() {
    Device device = TestDevice.find();
    for (RowTrials shape : List.of(RowTrials.ofRows(300, 131), RowTrials.of(2, 20, 500))) {
      for (RowTrial trial :
          List.of(
              shape.weightedElements(),
              shape.pairs(JensenShannon.builder().build(), FLOAT32, FLOAT32))) {
        try (OpenClBackend whole = new OpenClBackend("opencl:0", device);
            OpenClBackend parts = new OpenClBackend("opencl:0", withBuffersUpTo(device, 40_000))) {
          trial.run(parts).assertSameBitsAs(trial.run(whole), trial.name());
        }
      }
    }
  }

  @Test
  void whereNotEvenARowFitsTheErrorSaysSo() {
    Device device = withBuffersUpTo(TestDevice.find(), 4096);
    double[] losses = new double[300];
    assertThatThrownBy(() -> run(device, losses, new double[300 * 1000], 1000))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("takes 4096 at a time")
        .hasMessageContaining("CL_INVALID_BUFFER_SIZE");
    assertThat(losses).containsOnly(0);
  }

  private static void run(Device device, double[] losses, double[] gradient, int classes) {
    int rows = losses.length;
    float[] logits = new float[rows * classes];
    Random random = new Random(9);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    try (OpenClBackend backend = new OpenClBackend("opencl:0", device)) {
      backend.run(
          new RowRequest<>(
              CrossEntropy.builder().build().plan(),
              Matrix.of(logits, rows, classes),
              Targets.classes(new int[rows]),
              Set.of(),
              MatrixOutput.GRADIENT,
              Matrix.of(gradient, rows, classes),
              1,
              null,
              () ->
                  batch ->
                      System.arraycopy(batch.loss, 0, losses, (int) batch.firstRow, batch.size)));
    }
  }

  /** The same device, as if none of its buffers could be larger and its memory were its own. */
  private static Device withBuffersUpTo(Device device, long bytes) {
    return TestDevice.pretending(
        device, description -> description.maxAllocation(bytes).withMemoryOfItsOwn());
  }
}
