package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of losses without targets and of those that compare values. */
class LossFilesTest {
  private static final int ROWS = 11;
  private static final int CLASSES = 3;
  private static final long[] MATRIX = {ROWS, CLASSES};

  @TempDir Path temp;

  private final Random random = new Random(3);
  private final double[] x = numbers(ROWS * CLASSES);
  private final double[] y = shares(ROWS * CLASSES);
  private final BatchLoss engine = BatchLoss.open("scalar");

  @AfterEach
  void close() {
    engine.close();
  }

  private double[] numbers(int count) {
    return random.doubles(count, -3, 3).toArray();
  }

  private double[] shares(int count) {
    return random.doubles(count, 0, 1).toArray();
  }

  private String file(String name, long[] shape, double... values) throws IOException {
    return ArrayFiles.doubles(temp.resolve(name + ".npy"), shape, values).toString();
  }

  private FileEvaluation.Builder evaluation(Loss loss) throws IOException {
    return FileEvaluation.builder().loss(loss).input(file("x", MATRIX, x));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 4, 100})
  void withoutTargetsTheBitsAreThoseOfTheApi(long blockRows) throws IOException {
    Loss loss = SoftmaxEntropy.builder().build();
    Path rows = temp.resolve("rows.npy");
    Path gradient = temp.resolve("g.npy");
    FileEvaluationResult got =
        evaluation(loss)
            .blockRows(blockRows)
            .rowLossesTo(rows)
            .gradientTo(gradient)
            .build()
            .run(engine);

    double[] slopes = new double[ROWS * CLASSES];
    LossResult want =
        engine.evaluate(
            loss,
            Matrix.of(x, ROWS, CLASSES),
            Outputs.gradientInto(Matrix.of(slopes, ROWS, CLASSES)).withRowLosses());
    assertThat(got.loss()).isEqualTo(want.loss());
    assertThat(got.targetKind()).isEqualTo(TargetKind.NONE);
    assertThat(got.summary().counted()).isEqualTo(ROWS);
    assertThat(ArrayFiles.read(rows)).isEqualTo(want.rowLosses());
    assertThat(ArrayFiles.read(gradient)).isEqualTo(slopes);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 100})
  void valuesAreComparedNumberByNumber(long blockRows) throws IOException {
    Path rows = temp.resolve("rows.npy");
    Path gradient = temp.resolve("g.npy");
    double[] weights = shares(ROWS);
    FileEvaluationResult got =
        evaluation(MeanSquaredError.builder().build())
            .targets(file("y", MATRIX, y))
            .sampleWeights(file("w", new long[] {ROWS}, weights))
            .classWeights(file("cw", new long[] {CLASSES}, 1, 0.5, 2))
            .blockRows(blockRows)
            .rowLossesTo(rows)
            .gradientTo(gradient)
            .build()
            .run(engine);

    double[] ofClasses = {1, 0.5, 2};
    double sum = 0;
    double weightSum = 0;
    for (int row = 0; row < ROWS; row++) {
      double loss = 0;
      weightSum += weights[row];
      for (int c = 0; c < CLASSES; c++) {
        double difference = x[row * CLASSES + c] - y[row * CLASSES + c];
        loss += weights[row] * ofClasses[c] * difference * difference / CLASSES;
      }
      assertThat(ArrayFiles.read(rows)[row]).isCloseTo(loss, within(1e-12));
      sum += loss;
    }
    assertThat(got.loss()).isCloseTo(sum / weightSum, within(1e-12));
    assertThat(got.targetKind()).isEqualTo(TargetKind.VALUES);
    double slope = 2 * weights[0] * ofClasses[2] * (x[2] - y[2]) / CLASSES / weightSum;
    assertThat(ArrayFiles.read(gradient)[2]).isCloseTo(slope, within(1e-12));
  }

  @Test
  void predictionsWithOneAxisAreRowsOfOneNumber() throws IOException {
    long[] shape = {ROWS * CLASSES};
    Path rows = temp.resolve("rows.npy");
    Path gradient = temp.resolve("g.npy");
    FileEvaluationResult got =
        FileEvaluation.builder()
            .loss(MeanSquaredError.builder().build())
            .input(file("flat", shape, x))
            .targets(file("y", shape, y))
            .blockRows(4)
            .rowLossesTo(rows)
            .gradientTo(gradient)
            .build()
            .run(engine);

    double want =
        engine
            .evaluate(
                MeanSquaredError.builder().build(),
                Matrix.of(x, x.length, 1),
                Targets.values(Matrix.of(y, y.length, 1)))
            .loss();
    assertThat(got.loss()).isEqualTo(want);
    assertThat(got.summary().rows()).isEqualTo(x.length);
    assertThat(ArrayFiles.read(rows)[5]).isCloseTo(Math.pow(x[5] - y[5], 2), within(1e-12));
    assertThat(ArrayFiles.read(gradient)[5]).isCloseTo(2 * (x[5] - y[5]) / x.length, within(1e-12));
  }

  @Test
  void aColumnOfPredictionsTakesALabelARow() throws IOException {
    long[] column = {4, 1};
    Path labels = ArrayFiles.longs(temp.resolve("labels.npy"), new long[] {4}, 1, 0, 0, 1);
    FileEvaluationResult got =
        FileEvaluation.builder()
            .loss(BinaryCrossEntropy.builder().build())
            .input(file("column", column, 1, 2, -3, 4))
            .targets(labels.toString())
            .build()
            .run(engine);
    double want =
        (Math.log1p(Math.exp(-1))
                + Math.log1p(Math.exp(2))
                + Math.log1p(Math.exp(-3))
                + Math.log1p(Math.exp(-4)))
            / 4;
    assertThat(got.loss()).isCloseTo(want, within(1e-12));
  }

  @Test
  void numbersOfClassesCompleteTheLoss() throws IOException {
    Loss plain = BinaryCrossEntropy.builder().build();
    double got =
        evaluation(plain)
            .targets(file("y", MATRIX, y))
            .perClass(
                "positive",
                file("pw", new long[] {CLASSES}, 1, 2, 3),
                (loss, weights) ->
                    ((BinaryCrossEntropy) loss).withPositiveWeights(ClassWeights.of(weights)))
            .build()
            .run(engine)
            .loss();
    Loss weighted = BinaryCrossEntropy.builder().positiveWeights(1, 2, 3).build();
    assertThat(got)
        .isEqualTo(
            engine
                .evaluate(
                    weighted,
                    Matrix.of(x, ROWS, CLASSES),
                    Targets.values(Matrix.of(y, ROWS, CLASSES)))
                .loss());

    FileEvaluation.Builder tooMany =
        evaluation(plain)
            .targets(file("y", MATRIX, y))
            .perClass("positive", file("pw", new long[] {2}, 1, 2), (loss, _) -> loss);
    assertThatThrownBy(() -> tooMany.build().run(engine))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContainingAll("pw.npy", "expected 3 positive weights");
  }

  @Test
  void badValuesAreToldWithFileAndRow() throws IOException {
    double[] bad = y.clone();
    bad[7 * CLASSES + 1] = 1.5;
    FileEvaluation.Builder targets =
        evaluation(BinaryCrossEntropy.builder().build())
            .targets(file("bad", MATRIX, bad))
            .blockRows(2);
    assertThatThrownBy(() -> targets.build().run(engine))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("bad.npy: target of row 7, class 1 is 1.5, must be in 0..1");

    FileEvaluation.Builder inputs =
        FileEvaluation.builder()
            .loss(BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).build())
            .input(file("bad", MATRIX, bad))
            .targets(file("y", MATRIX, y))
            .blockRows(2);
    assertThatThrownBy(() -> inputs.build().run(engine))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("bad.npy: probability of row 7, class 1 is 1.5, must be in 0..1");
  }

  @Test
  void shapesOfValuesMustFit() throws IOException {
    FileEvaluation.Builder wrong =
        evaluation(MeanSquaredError.builder().build())
            .targets(file("y", new long[] {ROWS}, x[0], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThatThrownBy(() -> wrong.build().run(engine))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("y.npy: has shape 11, expected 11×3 (values)");
    FileEvaluation.Builder flat =
        FileEvaluation.builder()
            .loss(CosineSimilarity.builder().build())
            .input(file("flat", new long[] {ROWS}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
            .targets(file("y", new long[] {ROWS}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    assertThatThrownBy(() -> flat.build().run(engine))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("expected at least two axes");
  }

  @Test
  void whatTheLossDoesNotTakeIsRefusedWhenBuilt() throws IOException {
    FileEvaluation.Builder entropy = evaluation(SoftmaxEntropy.builder().build());
    assertThatThrownBy(() -> evaluation(SoftmaxEntropy.builder().build()).targets("t").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("softmax-entropy takes no targets, has t");
    assertThatThrownBy(() -> entropy.sampleWeights("w").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("softmax-entropy takes no sample weights, has w");
    assertThatThrownBy(() -> evaluation(SoftmaxEntropy.builder().build()).classWeights("w").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("softmax-entropy takes no class weights, has w");
    assertThatThrownBy(
            () ->
                evaluation(SoftmaxFocal.builder().build())
                    .targets("t")
                    .targetKind(TargetKind.PROBABILITIES)
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("softmax-focal takes no targets of the kind PROBABILITIES");
    assertThatThrownBy(() -> evaluation(SoftmaxFocal.builder().build()).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("needs files of predictions and targets");
  }
}
