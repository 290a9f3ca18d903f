package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A device gives the same bits for a file however it is cut: for short rows and long ones, rows
 * side by side, and rows so long that few of them are split.
 */
class OpenClFileEvaluationTest {
  private static final String KERNELS = "batchloss.opencl.kernels";
  private static final long IGNORED = -1;
  private static final List<Metric> METRICS =
      List.of(Metric.ACCURACY, Metric.PERPLEXITY, Metric.ENTROPY, Metric.BRIER);
  private static final CrossEntropy LOSS =
      CrossEntropy.builder().ignoreIndex(IGNORED).labelSmoothing(0.1).build();

  @TempDir Path temp;

  private final Random random = new Random(11);

  @ParameterizedTest
  @CsvSource({
    "cpu, 61 10, 1",
    "gpu, 61 10, 1",
    "cpu, 37 150, 1",
    "gpu, 37 150, 1",
    "cpu, 2 70 3 5, 1",
    "gpu, 2 70 3 5, 1",
    "cpu, 1 9 4 11, 1",
    "gpu, 1 9 4 11, 1",
    "cpu, 70 19, 0",
    "gpu, 70 19, 0",
    "cpu, 9 66000, 1",
    "gpu, 9 66000, 1"
  })
  void givesTheSameBitsHoweverTheRowsAreCut(String kernels, String lengths, int axis)
      throws IOException {
    long[] shape = Arrays.stream(lengths.split(" ", -1)).mapToLong(Long::parseLong).toArray();
    int classes = (int) shape[axis];
    long outer = Arrays.stream(shape, 0, axis).reduce(1, (a, b) -> a * b);
    long inner = Arrays.stream(shape, axis + 1, shape.length).reduce(1, (a, b) -> a * b);
    long[] rowShape = new long[shape.length - 1];
    System.arraycopy(shape, 0, rowShape, 0, axis);
    System.arraycopy(shape, axis + 1, rowShape, axis, rowShape.length - axis);
    float[] logits = new float[(int) (outer * classes * inner)];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = 3 * (float) random.nextGaussian();
    }
    long[] labels = random.longs(outer * inner, IGNORED, classes).toArray();
    Matrix input = Matrix.of(logits, outer, classes, inner);
    float[] gradient = new float[logits.length];

    try (BatchLoss engine = open(kernels);
        BatchLoss scalar = BatchLoss.open("scalar")) {
      LossResult whole =
          engine.evaluate(
              LOSS,
              input,
              Targets.classes(labels),
              Outputs.gradientInto(Matrix.of(gradient, outer, classes, inner))
                  .withRowLosses()
                  .withMetrics(METRICS));
      assertThat(whole.loss())
          .isCloseTo(scalar.evaluate(LOSS, input, Targets.classes(labels)).loss(), within(1e-5));
      FileEvaluation.Builder evaluation =
          FileEvaluation.builder()
              .input(ArrayFiles.floats(temp.resolve("x.npy"), shape, logits).toString())
              .targets(ArrayFiles.longs(temp.resolve("t.npy"), rowShape, labels).toString())
              .classAxis(axis)
              .loss(LOSS)
              .metrics(METRICS)
              .rowLossesTo(temp.resolve("rows.npy"))
              .gradientTo(temp.resolve("gradient.npy"));
      for (long rows : new long[] {1, 2, 7, labels.length, 10_000}) {
        FileEvaluationResult result = evaluation.blockRows(rows).build().run(engine);
        assertThat(result.passedOver()).isEmpty();
        assertThat(result.loss()).as("%d rows at once", rows).isEqualTo(whole.loss());
        assertThat(result.summary().metrics().entropy()).isEqualTo(whole.metrics().entropy());
        assertThat(result.summary().metrics().brier()).isEqualTo(whole.metrics().brier());
        assertThat(ArrayFiles.read(temp.resolve("rows.npy")))
            .as("%d rows at once", rows)
            .isEqualTo(whole.rowLosses());
        assertThat(ArrayFiles.read(temp.resolve("gradient.npy")))
            .as("%d rows at once", rows)
            .isEqualTo(doubles(gradient));
      }
    }
  }

  private static BatchLoss open(String kernels) {
    List<BackendStatus> devices =
        BatchLoss.backends().stream().filter(status -> status.name().startsWith("opencl")).toList();
    if (devices.stream().noneMatch(BackendStatus::available)) {
      RequiredBackends.skipOrFail(
          "opencl", "no OpenCL device can run: " + devices.getFirst().reason());
    }
    System.setProperty(KERNELS, kernels);
    try {
      return BatchLoss.open("opencl");
    } finally {
      System.clearProperty(KERNELS);
    }
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }
}
