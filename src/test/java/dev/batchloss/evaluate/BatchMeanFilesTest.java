package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.Reduction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sum over the batch: the axes before the class axis, wherever the file is cut. */
class BatchMeanFilesTest {
  private static final Loss LOSS = KlDivergence.builder().reduction(Reduction.BATCH_MEAN).build();

  @TempDir Path temp;

  private final Random random = new Random(23);

  @ParameterizedTest
  @CsvSource({
    "scalar, 11 3, 1, 11",
    "cpu, 11 3, 1, 11",
    "opencl, 11 3, 1, 11",
    "scalar, 1 3 17, 1, 1",
    "cpu, 1 3 17, 1, 1",
    "opencl, 1 3 17, 1, 1",
    "cpu, 2 3 4 5, 1, 2",
    "cpu, 4 2 5, 2, 8",
    "cpu, 5 23, 0, 1"
  })
  void dividesByTheAxesBeforeTheClasses(String backend, String lengths, int axis, int batch)
      throws IOException {
    ClassifiedShape shape = new ClassifiedShape(lengths, axis);
    int classes = shape.classes();
    int inner = shape.inner();
    double[] x = random.doubles(shape.elements(), -5, 0).toArray();
    double[] y = random.doubles(shape.elements()).toArray();
    double[] weights = random.doubles(shape.rows(), 0, 2).toArray();
    double sum = 0;
    double[] slopes = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      int row = shape.rowOf(i);
      sum += weights[row] * y[i] * (Math.log(y[i]) - x[i]);
      slopes[i] = -weights[row] * y[i] / batch;
    }
    Path gradient = temp.resolve("gradient.npy");
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .loss(LOSS)
            .input(file("x", shape.lengths(), x))
            .targets(file("y", shape.lengths(), y))
            .sampleWeights(file("w", shape.ofRows(), weights))
            .classAxis(axis)
            .gradientTo(gradient);

    try (BatchLoss engine = RequiredBackends.open(backend)) {
      double[] inMemory = new double[x.length];
      LossResult want =
          engine.evaluate(
              LOSS,
              Matrix.of(x, batch, classes, inner),
              Targets.values(Matrix.of(y, batch, classes, inner)).withSampleWeights(weights),
              Outputs.gradientInto(Matrix.of(inMemory, batch, classes, inner)));
      for (long blockRows : new long[] {1, 2, 3, 7, 100}) {
        FileEvaluationResult got = evaluation.blockRows(blockRows).build().run(engine);
        assertThat(got.loss()).as("%d rows at once", blockRows).isEqualTo(want.loss());
        assertThat(got.loss()).isCloseTo(sum / batch, within(1e-12 * Math.abs(sum)));
        assertThat(got.summary().evaluated()).isEqualTo(LOSS);
        assertThat(ArrayFiles.read(gradient)).isEqualTo(inMemory);
        assertThat(inMemory).containsExactly(slopes, within(1e-14));
      }
    }
  }

  @Test
  void theBatchesOfTwoFilesAddUpThoughEachWasCutWithinAnEntry() throws IOException {
    double[] x = random.doubles(2 * 3 * 4, -5, 0).toArray();
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      FileEvaluationResult two = ofOnes(engine, new long[] {2, 3, 4}, x);
      FileEvaluationResult one =
          ofOnes(engine, new long[] {1, 3, 4}, Arrays.copyOfRange(x, 12, 24));
      double sum = -Arrays.stream(x).sum();
      double ofLast = -Arrays.stream(x, 12, 24).sum();
      assertThat(two.summary().merge(one.summary()).loss())
          .isCloseTo((sum + ofLast) / 3, within(1e-12));
      assertThat(two.summary().loss(Reduction.SUM)).isCloseTo(sum, within(1e-12));
    }
  }

  @Test
  void predictionsWithOneAxisAreABatchOfNumbers() throws IOException {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      assertThat(ofOnes(engine, new long[] {4}, -1, -2, -3, -5).loss())
          .isCloseTo(11 / 4.0, within(1e-15));
    }
  }

  @Test
  void noRowsAreNoBatchUnlessTheBatchIsOfNothing() throws IOException {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      assertThat(ofOnes(engine, new long[] {0, 3}).loss()).isNaN();
      assertThat(ofOnes(engine, new long[] {2, 3, 0}).loss()).isZero();
    }
  }

  /** The divergence of targets that are all 1: minus the sum of the predictions. */
  private FileEvaluationResult ofOnes(BatchLoss engine, long[] shape, double... x)
      throws IOException {
    double[] ones = new double[x.length];
    Arrays.fill(ones, 1);
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .loss(LOSS)
            .input(file("x", shape, x))
            .targets(file("y", shape, ones))
            .blockRows(2);
    return (shape.length == 3 ? evaluation.classAxis(1) : evaluation).build().run(engine);
  }

  private String file(String name, long[] shape, double... values) throws IOException {
    return ArrayFiles.doubles(temp.resolve(name + ".npy"), shape, values).toString();
  }
}
