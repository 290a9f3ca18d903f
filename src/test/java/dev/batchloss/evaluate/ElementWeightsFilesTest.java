package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.RequiredBackends;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.ClassReduction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files with a weight for each number of the predictions, read in step with these. */
class ElementWeightsFilesTest {
  private static final long[] MATRIX = {4, 3};

  @TempDir Path temp;

  private final Random random = new Random(31);

  /** A loss that takes such weights, and what an element costs. */
  enum Sample {
    BINARY_CROSS_ENTROPY(
        BinaryCrossEntropy.builder().build(),
        (x, y) -> y * Math.log1p(Math.exp(-x)) + (1 - y) * Math.log1p(Math.exp(x))),
    KL_DIVERGENCE(
        KlDivergence.builder().classReduction(ClassReduction.MEAN).build(),
        (x, y) -> y * (Math.log(y) - x)),
    SQUARED_ERROR(MeanSquaredError.builder().build(), (x, y) -> (x - y) * (x - y));

    private final Loss loss;
    private final DoubleBinaryOperator formula;

    Sample(Loss loss, DoubleBinaryOperator formula) {
      this.loss = loss;
      this.formula = formula;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "scalar, BINARY_CROSS_ENTROPY, 13 3, 1",
    "cpu, BINARY_CROSS_ENTROPY, 13 3, 1",
    "opencl, BINARY_CROSS_ENTROPY, 13 3, 1",
    "scalar, KL_DIVERGENCE, 2 3 4 5, 1",
    "cpu, KL_DIVERGENCE, 2 3 4 5, 1",
    "opencl, KL_DIVERGENCE, 2 3 4 5, 1",
    "scalar, SQUARED_ERROR, 1 3 17, 1",
    "cpu, SQUARED_ERROR, 5 70, 1",
    "opencl, SQUARED_ERROR, 5 70, 1",
    "cpu, BINARY_CROSS_ENTROPY, 6 19, 0"
  })
  void giveTheBitsOfTheApiHoweverTheRowsAreCut(
      String backend, Sample sample, String lengths, int axis) throws IOException {
    ClassifiedShape shape = new ClassifiedShape(lengths, axis);
    int outer = shape.outer();
    int classes = shape.classes();
    int inner = shape.inner();
    double[] x = random.doubles(shape.elements(), -3, 3).toArray();
    double[] y = random.doubles(shape.elements()).toArray();
    double[] v = random.doubles(shape.elements(), -1, 2).toArray();
    double[] rowWeights = random.doubles(shape.rows(), 0.5, 2).toArray();
    double[] rowLosses = new double[rowWeights.length];
    for (int i = 0; i < x.length; i++) {
      int row = shape.rowOf(i);
      double cost = v[i] * sample.formula.applyAsDouble(x[i], y[i]) / classes;
      rowLosses[row] += rowWeights[row] * cost;
    }
    double mean = Arrays.stream(rowLosses).sum() / Arrays.stream(rowWeights).sum();
    Path rows = temp.resolve("rows.npy");
    Path gradient = temp.resolve("gradient.npy");
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .loss(sample.loss)
            .input(file("x", shape.lengths(), x))
            .targets(file("y", shape.lengths(), y))
            .elementWeights(file("v", shape.lengths(), v))
            .sampleWeights(file("w", shape.ofRows(), rowWeights))
            .classAxis(axis)
            .rowLossesTo(rows)
            .gradientTo(gradient);

    try (BatchLoss engine = RequiredBackends.open(backend)) {
      double[] slopes = new double[x.length];
      LossResult want =
          engine.evaluate(
              sample.loss,
              Matrix.of(x, outer, classes, inner),
              Targets.values(Matrix.of(y, outer, classes, inner))
                  .withElementWeights(Matrix.of(v, outer, classes, inner))
                  .withSampleWeights(rowWeights),
              Outputs.gradientInto(Matrix.of(slopes, outer, classes, inner)).withRowLosses());
      for (long blockRows : new long[] {1, 2, 7, 100}) {
        FileEvaluationResult got = evaluation.blockRows(blockRows).build().run(engine);
        assertThat(got.loss()).as("%d rows at once", blockRows).isEqualTo(want.loss());
        assertThat(got.loss()).isCloseTo(mean, within(1e-11));
        assertThat(ArrayFiles.read(rows)).isEqualTo(want.rowLosses());
        assertThat(ArrayFiles.read(rows)).containsExactly(rowLosses, within(1e-11));
        assertThat(ArrayFiles.read(gradient)).isEqualTo(slopes);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f4", "f2", "i4", "u1", "b1", "fortran"})
  void haveAnyNumericTypeAndOrder(String type) throws IOException {
    double[] x = random.doubles(12, -3, 3).toArray();
    double[] y = random.doubles(12).toArray();
    double[] v = {1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0};
    float[] floats = new float[12];
    int[] ints = new int[12];
    short[] halves = new short[12];
    byte[] bytes = new byte[12];
    double want = 0;
    for (int i = 0; i < 12; i++) {
      floats[i] = (float) v[i];
      ints[i] = (int) v[i];
      halves[i] = Float.floatToFloat16(floats[i]);
      bytes[i] = (byte) v[i];
      want += v[i] * (x[i] - y[i]) * (x[i] - y[i]) / 12;
    }
    Path place = temp.resolve("v.npy");
    Path weights =
        switch (type) {
          case "f4" -> ArrayFiles.floats(place, MATRIX, floats);
          case "f2" -> ArrayFiles.shorts(place, type, MATRIX, halves);
          case "i4" -> ArrayFiles.ints(place, MATRIX, ints);
          case "fortran" -> ArrayFiles.fortranFloats(place, 4, 3, floats);
          default -> ArrayFiles.bytes(place, type, MATRIX, bytes);
        };
    for (long blockRows = 1; blockRows <= 4; blockRows++) {
      double got =
          run(squaredError(x, y).elementWeights(weights.toString()).blockRows(blockRows)).loss();
      assertThat(got).isCloseTo(want, within(1e-12));
    }
  }

  @Test
  void predictionsWithOneAxisHaveAWeightEach() throws IOException {
    long[] shape = {3};
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .loss(MeanSquaredError.builder().build())
            .input(file("x", shape, 1, 2, 5))
            .targets(file("y", shape, 0, 0, 0))
            .elementWeights(file("v", shape, 2, -1, 0.5))
            .blockRows(2);
    assertThat(run(evaluation).loss()).isEqualTo((2 * 1 - 4 + 0.5 * 25) / 3);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void mustBeFiniteAndAreToldWithFileAndRow(double bad) throws IOException {
    double[] x = random.doubles(12).toArray();
    double[] v = random.doubles(12).toArray();
    v[7] = bad;
    v[11] = bad;
    Path rows = temp.resolve("rows.npy");
    for (long blockRows = 1; blockRows <= 4; blockRows++) {
      FileEvaluation.Builder evaluation =
          squaredError(x, x)
              .elementWeights(file("v", MATRIX, v))
              .rowLossesTo(rows)
              .blockRows(blockRows);
      assertThatThrownBy(() -> run(evaluation))
          .isInstanceOf(InvalidDataException.class)
          .hasMessage(
              "%s: element weight of row 2, class 1 is %s, must be finite"
                  .formatted(temp.resolve("v.npy"), bad));
      assertThat(rows).doesNotExist();
    }
  }

  @Test
  void theFirstBadRowIsToldWhicheverFileItIsOf() throws IOException {
    double[] x = random.doubles(12).toArray();
    double[] y = random.doubles(12).toArray();
    double[] v = random.doubles(12).toArray();
    y[4] = 1.5;
    v[7] = Double.NaN;
    FileEvaluation.Builder evaluation =
        squaredError(x, y)
            .loss(BinaryCrossEntropy.builder().build())
            .elementWeights(file("v", MATRIX, v));
    assertThatThrownBy(() -> run(evaluation))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("y.npy: target of row 1, class 1 is 1.5");
  }

  @Test
  void haveTheShapeOfThePredictions() throws IOException {
    double[] x = random.doubles(12).toArray();
    for (long[] shape : new long[][] {{3, 4}, {12}, {4, 3, 1}, {2, 6}}) {
      FileEvaluation.Builder evaluation = squaredError(x, x).elementWeights(file("v", shape, x));
      assertThatThrownBy(() -> run(evaluation))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContainingAll("v.npy: has shape", "expected 4×3: an element weight", "x.npy");
    }
  }

  @Test
  void areRefusedWhereTheyMeanNothingAndBesideWeightsOfClasses() throws IOException {
    double[] x = random.doubles(12).toArray();
    FileEvaluation.Builder ofRows =
        squaredError(x, x).loss(CrossEntropy.builder().build()).elementWeights("v");
    assertThatThrownBy(ofRows::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cross-entropy takes no element weights, has v");
    FileEvaluation.Builder ofPairs =
        squaredError(x, x).loss(CosineSimilarity.builder().build()).elementWeights("v");
    assertThatThrownBy(ofPairs::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cosine-similarity takes no element weights, has v");
    FileEvaluation.Builder both = squaredError(x, x).elementWeights("v").classWeights("cw");
    assertThatThrownBy(both::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("element weights are given (v), and class weights (cw): must be one of them");
  }

  private FileEvaluation.Builder squaredError(double[] x, double[] y) throws IOException {
    return FileEvaluation.builder()
        .loss(MeanSquaredError.builder().build())
        .input(file("x", MATRIX, x))
        .targets(file("y", MATRIX, y));
  }

  private static FileEvaluationResult run(FileEvaluation.Builder evaluation) throws IOException {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      return evaluation.build().run(engine);
    }
  }

  private String file(String name, long[] shape, double... values) throws IOException {
    return ArrayFiles.doubles(temp.resolve(name + ".npy"), shape, values).toString();
  }
}
