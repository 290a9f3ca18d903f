package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The element plan: every function, its weights, shapes, layouts and hostile values. */
interface ElementConformance extends ConformanceTests {
  @TestFactory
  default Stream<DynamicTest> everyFunctionOfElements() {
    return ElementSamples.all().stream()
        .flatMap(
            sample ->
                Arrays.stream(ElementType.values())
                    .map(
                        type ->
                            DynamicTest.dynamicTest(
                                sample + " " + type, () -> runWithWeights(sample, type))));
  }

  private void runWithWeights(ElementSamples sample, ElementType type) {
    try (BatchLoss engine = backend().open()) {
      ComparisonTrial plain = sample.trial(type, Arrangement.CONTIGUOUS, 6, 5);
      plain.judge(engine, type);
      ValueTargets targets = plain.targets();
      Matrix weights = Arrangement.CLASS_STRIDE_2.allocate(MemoryKind.ARRAY, type, 6, 5);
      new Samples(3).fill(weights, _ -> 0.5);
      weights.set(2, 3, 0);
      weights.set(4, 0, -1.25);
      ValueTargets weighted =
          targets
              .withElementWeights(weights)
              .withSampleWeights(Matrix.of(new double[] {1, 0, 2, 0.25, 3, 1}, 6, 1));
      new ComparisonTrial(plain.loss(), plain.input(), weighted).judge(engine, ElementType.FLOAT64);
    }
  }

  @TestFactory
  default Stream<DynamicTest> elementsOfAnyShape() {
    return Stream.of(
            new Shape(1, 1),
            new Shape(3000, 1),
            new Shape(700, 3),
            new Shape(40, 33),
            new Shape(9, 257),
            new Shape(3, 4099),
            new Shape(2, 70001))
        .map(
            shape ->
                DynamicTest.dynamicTest(
                    shape.toString(),
                    () -> {
                      backend().afford(shape.elements());
                      try (BatchLoss engine = backend().open()) {
                        for (ElementType type : ElementType.values()) {
                          ElementSamples.logits()
                              .trial(type, Arrangement.CONTIGUOUS, shape.rows(), shape.classes())
                              .judge(engine, type);
                        }
                      }
                    }));
  }

  @TestFactory
  default Stream<DynamicTest> elementsInAnyLayout() {
    return Arrays.stream(Arrangement.values())
        .map(
            arrangement ->
                DynamicTest.dynamicTest(
                    arrangement.toString(),
                    () -> {
                      try (BatchLoss engine = backend().open()) {
                        ElementSamples.logits()
                            .trial(ElementType.FLOAT32, arrangement, arrangement.rows(36), 7)
                            .judge(engine, ElementType.FLOAT32);
                        ElementSamples.logits()
                            .trial(ElementType.BFLOAT16, arrangement, arrangement.rows(3), 130)
                            .judge(engine, ElementType.FLOAT32);
                      }
                    }));
  }

  /** A stride of 0 spreads a weight over rows, over classes, or over everything. */
  @Test
  default void weightsAreSpread() {
    try (BatchLoss engine = backend().open()) {
      ComparisonTrial plain =
          ElementSamples.logits().trial(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 9, 4);
      Matrix perRow = Matrix.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, 1);
      Matrix spread = Matrix.strided(perRow.segment(), perRow.type(), 9, 4, 1, 1, 0, 0);
      Matrix one = Matrix.strided(perRow.segment(), perRow.type(), 9, 4, 1, 0, 0, 0);
      for (ValueTargets targets :
          List.of(
              plain.targets().withElementWeights(spread),
              plain.targets().withElementWeights(one),
              plain.targets().withClassWeights(0.5, 0, 2, -1))) {
        new ComparisonTrial(plain.loss(), plain.input(), targets)
            .judge(engine, ElementType.FLOAT32);
      }
    }
  }

  @Test
  default void lossesOfElementsAreWritten() {
    try (BatchLoss engine = backend().open()) {
      ComparisonTrial trial =
          ElementSamples.logits().trial(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 5, 6);
      Matrix losses = Matrix.of(new double[30], 5, 6);
      ValueTargets targets =
          trial.targets().withClassWeights(1, 2, 3, 4, 5, 6).withSampleWeights(1, 1, 0.5, 1, 1);
      engine.evaluate(trial.loss(), trial.input(), targets, Outputs.elementLossesInto(losses));
      for (int r = 0; r < 5; r++) {
        for (int c = 0; c < 6; c++) {
          double want =
              (r == 2 ? 0.5 : 1)
                  * (c + 1)
                  * ComparisonOracle.element(
                      ((ElementLoss) trial.loss()).plan(),
                      trial.input().get(r, c),
                      targets.values().get(r, c),
                      c);
          assertThat(losses.get(r, c)).isCloseTo(want, within(4e-6 * (1 + Math.abs(want))));
        }
      }
    }
  }

  /** What is nearly certain is nearly free, and its price is right to the last digits. */
  @Test
  default void confidentLogitsKeepTheirPrecision() {
    double[] x = {40, -40, 88, -88, 17, -17};
    double[] y = {1, 0, 1, 0, 1, 0};
    double[] want = {
      4.248354255291589e-18,
      4.248354255291589e-18,
      6.0546018954011e-39,
      6.0546018954011e-39,
      4.139937633089748e-8,
      4.139937633089748e-8
    };
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
        Matrix input = Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, 6, 1);
        new Samples(1).fill(input, _ -> 0);
        for (int r = 0; r < 6; r++) {
          input.set(r, 0, x[r]);
        }
        double[] losses =
            engine
                .evaluate(
                    BinaryCrossEntropy.builder().build(),
                    input,
                    Targets.values(Matrix.of(y, 6, 1)),
                    Outputs.lossOnly().withRowLosses())
                .rowLosses();
        for (int r = 0; r < 6; r++) {
          // Below the least normal float a device may round to 0.
          double allowed = want[r] < Float.MIN_NORMAL && type != ElementType.FLOAT64 ? 1 : 1e-5;
          assertThat(losses[r])
              .as("%s at %s", type, x[r])
              .isCloseTo(want[r], within(allowed * want[r]));
        }
      }
    }
  }

  @Test
  default void infiniteAndMissingElements() {
    double inf = Double.POSITIVE_INFINITY;
    double[] x = {inf, -inf, inf, -inf, Double.NaN, 0, 0};
    double[] y = {1, 0, 0, 1, 1, Double.NaN, 0.5};
    double[] zero = {0, 0, inf, inf, Double.NaN, Double.NaN, Math.log(2)};
    double[] nan = {Double.NaN, Double.NaN, inf, Double.NaN, Double.NaN, Double.NaN, Math.log(2)};
    try (BatchLoss engine = backend().open()) {
      assertThat(losses(engine, ZeroTimesInfinity.ZERO, x, y))
          .usingComparatorWithPrecision(1e-6)
          .containsExactly(zero);
      assertThat(losses(engine, ZeroTimesInfinity.NAN, x, y))
          .usingComparatorWithPrecision(1e-6)
          .containsExactly(nan);
    }
  }

  private static double[] losses(
      BatchLoss engine, ZeroTimesInfinity zeroTimesInfinity, double[] x, double[] y) {
    BinaryCrossEntropy loss =
        BinaryCrossEntropy.builder()
            .zeroTimesInfinity(zeroTimesInfinity)
            .targetCheck(ValueCheck.NONE)
            .build();
    float[] floats = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      floats[i] = (float) x[i];
    }
    return engine
        .evaluate(
            loss,
            Matrix.of(floats, x.length, 1),
            Targets.values(Matrix.of(y, y.length, 1)),
            Outputs.lossOnly().withRowLosses())
        .rowLosses();
  }

  @Test
  default void probabilitiesOutsideTheirRangeAreRefused() {
    BinaryCrossEntropy loss = BinaryCrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    try (BatchLoss engine = backend().open()) {
      for (double bad : new double[] {-1e-3, 1.5, Double.NaN, Double.POSITIVE_INFINITY}) {
        float[] good = new float[40];
        Arrays.fill(good, 0.25f);
        float[] input = good.clone();
        input[4 * 7 + 2] = (float) bad;
        Matrix matrix = Matrix.of(input, 10, 4);
        Matrix targets = Matrix.of(good, 10, 4);
        assertThatThrownBy(
                () ->
                    engine.evaluate(
                        loss, matrix, Targets.values(targets), Outputs.gradientInPlace()))
            .isInstanceOf(InvalidDataException.class)
            .hasMessageContaining("row 7, class 2");
        assertThat(input[0]).as("what is in place is kept").isEqualTo(0.25f);
        assertThatThrownBy(() -> engine.evaluate(loss, matrix, Targets.values(targets)))
            .isInstanceOf(InvalidDataException.class)
            .hasMessageContaining("probability of row 7, class 2");
        assertThatThrownBy(() -> engine.evaluate(loss, targets, Targets.values(matrix)))
            .isInstanceOf(InvalidDataException.class)
            .hasMessageContaining("target of row 7, class 2");
      }
    }
  }

  @Test
  default void decisionsAreCounted() {
    try (BatchLoss engine = backend().open()) {
      float[] x = {3, -2, 0.1f, -0.1f, 0, Float.NaN};
      float[] y = {1, 1, 1, 0, 0, 1};
      LossResult result =
          engine.evaluate(
              BinaryCrossEntropy.builder().build(),
              Matrix.of(x, 3, 2),
              Targets.values(Matrix.of(y, 3, 2)).withSampleWeights(1, 2, 1),
              Outputs.lossOnly().withMetrics(Metric.ACCURACY));
      assertThat(result.metrics().accuracy()).isEqualTo((0.5 + 2 * 1 + 0.5) / 4);
    }
  }

  @Test
  default void gradientsOfElementsGoOverTheInput() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        ComparisonTrial trial = ElementSamples.logits().trial(type, Arrangement.CONTIGUOUS, 50, 31);
        Matrix apart = Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, 50, 31);
        engine.evaluate(trial.loss(), trial.input(), trial.targets(), Outputs.gradientInto(apart));
        engine.evaluate(trial.loss(), trial.input(), trial.targets(), Outputs.gradientInPlace());
        for (int i = 0; i < 50 * 31; i++) {
          assertThat(trial.input().get(i / 31, i % 31)).isEqualTo(apart.get(i / 31, i % 31));
        }
      }
    }
  }

  @Test
  default void noRowsOfElements() {
    try (BatchLoss engine = backend().open()) {
      LossResult result =
          engine.evaluate(
              MeanSquaredError.builder().build(),
              Matrix.of(new float[0], 0, 3),
              Targets.values(Matrix.of(new float[0], 0, 3)));
      assertThat(result.loss()).isNaN();
    }
  }
}
