package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.PairLoss;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The pair plan: every function over shapes, layouts and hostile rows. */
interface PairConformance extends ConformanceTests {
  List<PairLoss> PAIR_LOSSES =
      List.of(
          LogitsKlDivergence.builder().build(),
          LogitsKlDivergence.builder().temperature(2).factor(4).build(),
          LogitsKlDivergence.builder()
              .direction(LogitsKlDivergence.Direction.REVERSE)
              .temperature(0.8)
              .reduction(Reduction.BATCH_MEAN)
              .build(),
          JensenShannon.builder().temperature(1.5).reduction(Reduction.NONE).build(),
          CosineSimilarity.builder().build(),
          CategoricalHinge.builder().reduction(Reduction.SUM).build());

  @TestFactory
  default Stream<DynamicTest> everyFunctionOfPairs() {
    return PAIR_LOSSES.stream()
        .flatMap(
            loss ->
                Arrays.stream(ElementType.values())
                    .map(
                        type -> DynamicTest.dynamicTest(loss + " " + type, () -> run(loss, type))));
  }

  private void run(PairLoss loss, ElementType type) {
    try (BatchLoss engine = backend().open()) {
      for (Shape shape :
          List.of(
              new Shape(1, 1),
              new Shape(33, 2),
              new Shape(20, 9),
              new Shape(7, 33),
              new Shape(3, 1003),
              new Shape(2, 70001))) {
        backend().afford(shape.elements());
        Matrix input = Samples.logits(1, type, shape.rows(), shape.classes());
        Matrix values = Samples.logits(2, ElementType.FLOAT32, shape.rows(), shape.classes());
        if (loss instanceof CategoricalHinge) {
          oneHot(values);
        }
        ValueTargets targets =
            Targets.values(values)
                .withSampleWeights(
                    Matrix.of(new Samples(4).uniform(shape.rows(), 0.5, 2), shape.rows(), 1));
        new ComparisonTrial(loss, input, targets).judge(engine, type);
      }
    }
  }

  private static void oneHot(Matrix values) {
    int[] classes = new Samples(8).classes(Math.toIntExact(values.rows()), values.classes());
    for (int r = 0; r < classes.length; r++) {
      for (int c = 0; c < values.classes(); c++) {
        values.set(r, c, c == classes[r] ? 1 : 0);
      }
    }
  }

  @TestFactory
  default Stream<DynamicTest> pairsInAnyLayout() {
    return Arrays.stream(Arrangement.values())
        .map(
            arrangement ->
                DynamicTest.dynamicTest(
                    arrangement.toString(),
                    () -> {
                      try (BatchLoss engine = backend().open()) {
                        int rows = arrangement.rows(10);
                        Matrix input =
                            arrangement.allocate(
                                MemoryKind.UNALIGNED, ElementType.FLOAT32, rows, 11);
                        Matrix values =
                            Matrix.of(new double[rows * 11], input.outer(), 11, input.inner());
                        new Samples(1).fillLogits(input, 4);
                        new Samples(2).fillLogits(values, 4);
                        for (PairLoss loss : PAIR_LOSSES) {
                          new ComparisonTrial(loss, input, Targets.values(values))
                              .judge(engine, ElementType.FLOAT32);
                        }
                      }
                    }));
  }

  /** What has no probability on either side adds nothing; what has on one side alone, all. */
  @Test
  default void impossibleClassesOfPairs() {
    float inf = Float.POSITIVE_INFINITY;
    float[] x = {0, 0, -inf, 0, -inf, 0, 0, 0, 0, Float.NaN, 0, 0, 1e30f, -1e30f, 0};
    float[] y = {0, 0, -inf, 0, 0, -inf, -inf, 0, 0, 0, 0, 0, 1e30f, -1e30f, 0};
    Matrix input = Matrix.of(x, 5, 3);
    ValueTargets targets = Targets.values(Matrix.of(y, 5, 3));
    try (BatchLoss engine = backend().open()) {
      double[] forward = rowLosses(engine, LogitsKlDivergence.builder().build(), input, targets);
      double[] reverse =
          rowLosses(
              engine,
              LogitsKlDivergence.builder().direction(LogitsKlDivergence.Direction.REVERSE).build(),
              input,
              targets);
      double[] middle = rowLosses(engine, JensenShannon.builder().build(), input, targets);
      double inverse = Double.POSITIVE_INFINITY;
      assertClose(forward, 0, inverse, Math.log(1.5), Double.NaN, 0);
      assertClose(reverse, 0, inverse, inverse, Double.NaN, 0);
      double half = Math.log(2) / 2;
      assertThat(middle[0]).isCloseTo(0, within(1e-6));
      assertThat(middle[1]).isCloseTo(half, within(2e-6));
      assertThat(middle[2]).isBetween(0.1, 0.25);
      assertThat(middle[3]).isNaN();
      assertThat(middle[4]).isCloseTo(0, within(1e-6));
    }
  }

  private static double[] rowLosses(
      BatchLoss engine, PairLoss loss, Matrix input, ValueTargets targets) {
    return engine.evaluate(loss, input, targets, Outputs.lossOnly().withRowLosses()).rowLosses();
  }

  private static void assertClose(double[] got, double... want) {
    for (int r = 0; r < want.length; r++) {
      int row = r;
      Tolerance.assertClose(got[r], want[r], 2e-6, () -> "row " + row);
    }
  }

  @Test
  default void gradientsOfPairsGoOverTheInput() {
    try (BatchLoss engine = backend().open()) {
      for (PairLoss loss : PAIR_LOSSES) {
        Matrix input = Samples.logits(1, ElementType.FLOAT32, 40, 37);
        Matrix values = Samples.logits(2, ElementType.FLOAT32, 40, 37);
        Matrix apart = Matrix.of(new float[40 * 37], 40, 37);
        LossResult first =
            engine.evaluate(loss, input, Targets.values(values), Outputs.gradientInto(apart));
        LossResult second =
            engine.evaluate(loss, input, Targets.values(values), Outputs.gradientInPlace());
        assertThat(second.summary().lossSum()).isEqualTo(first.summary().lossSum());
        for (int i = 0; i < 40 * 37; i++) {
          assertThat(input.get(i / 37, i % 37)).isEqualTo(apart.get(i / 37, i % 37));
        }
      }
    }
  }
}
