package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Infinities, NaN and huge logits; the rows beside them must stay right. */
interface HostileValueConformance extends ConformanceTests {
  int HOSTILE_AT = 2;
  int HOSTILE_ROWS = 5;

  /** Sums of logits this far apart are beyond float, in which a backend may add them up. */
  Set<HostileRow> TOO_FAR_APART_FOR_SMOOTHING =
      EnumSet.of(HostileRow.BOTH_3E38, HostileRow.MINUS_3E38);

  List<CrossEntropy> LOSSES_WITHOUT_SMOOTHING =
      List.of(
          CrossEntropy.builder().build(),
          CrossEntropy.builder().softcap(30).logitScale(0.5).build(),
          CrossEntropy.builder().logitScale(2).build());
  List<CrossEntropy> LOSSES =
      Stream.concat(
              LOSSES_WITHOUT_SMOOTHING.stream(),
              Stream.of(CrossEntropy.builder().labelSmoothing(0.1).build()))
          .toList();

  @TestFactory
  default Stream<DynamicTest> everyHostileRow() {
    return Arrays.stream(HostileRow.values())
        .flatMap(
            row ->
                Arrays.stream(ElementType.values())
                    .filter(row::fits)
                    .map(
                        type ->
                            DynamicTest.dynamicTest(row + ", " + type, () -> judge(row, type))));
  }

  private void judge(HostileRow row, ElementType type) {
    boolean smoothes = type == ElementType.FLOAT64 || !TOO_FAR_APART_FOR_SMOOTHING.contains(row);
    try (BatchLoss engine = backend().open()) {
      for (int classes : new int[] {2, 4, 10, 67}) {
        for (CrossEntropy loss : smoothes ? LOSSES : LOSSES_WITHOUT_SMOOTHING) {
          for (int target : new int[] {0, 1, classes - 1}) {
            Matrix input = input(row, type, classes);
            Trial trial = Trial.of(loss, input, targets(target, classes));
            Matrix output = Samples.logits(1, type, HOSTILE_ROWS, classes);
            Judge.judge(engine, trial.writing(MatrixOutput.GRADIENT, output));
            Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS));
            Judge.judge(engine, trial.gradientInPlace());
          }
        }
      }
      for (CrossEntropy loss : smoothes ? LOSSES : LOSSES_WITHOUT_SMOOTHING) {
        Trial trial = Trial.of(loss, input(row, type, 1000), targets(998, 1000));
        Matrix output = Samples.logits(1, type, HOSTILE_ROWS, 1000);
        Judge.judge(engine, trial.writing(MatrixOutput.LOG_SOFTMAX, output));
        Judge.judge(engine, trial.writing(MatrixOutput.SOFTMAX, output));
        Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS).gradientInPlace());
      }
    }
  }

  /** Products of logits and scale that overflow float, and, in FLOAT64, double. */
  @Test
  default void equalLogitsWhoseProductWithTheScaleOverflowsAreUniform() {
    try (BatchLoss engine = backend().open()) {
      CrossEntropy loss = CrossEntropy.builder().logitScale(1e10).build();
      judgeAllEqual(engine, loss, ElementType.FLOAT32, 1e30);
      judgeAllEqual(engine, loss, ElementType.FLOAT32, -3e38);
      judgeAllEqual(engine, loss, ElementType.FLOAT64, 1e300);
      judgeAllEqual(engine, loss, ElementType.FLOAT64, -1e305);
    }
  }

  private static void judgeAllEqual(
      BatchLoss engine, CrossEntropy loss, ElementType type, double value) {
    Matrix input = Samples.logits(1, type, HOSTILE_ROWS, 67);
    new Samples(1).fill(input, _ -> value);
    Judge.judge(engine, Trial.of(loss, input, targets(66, 67)).gradientInPlace());
  }

  /** With probability targets a class of probability 0 may have any logit that is not NaN. */
  @Test
  default void minusInfinityWhereTheTargetProbabilityIsZero() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        Matrix input = input(HostileRow.SOME_MINUS_INFINITY, type, 10);
        Matrix targets = Samples.logits(1, ElementType.FLOAT32, HOSTILE_ROWS, 10);
        new Samples(1).fill(targets, c -> c == 0 ? 0.75 : c == 2 ? 0.25 : 0);
        Trial trial =
            Trial.of(CrossEntropy.builder().build(), input, Targets.probabilities(targets));
        Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS));
        Judge.judge(engine, trial.gradientInPlace());
      }
    }
  }

  /** The same where 0·∞ is NaN: in that row alone, and only where a factor of 0 meets −∞. */
  @Test
  default void minusInfinityWhereZeroTimesInfinityIsNan() {
    CrossEntropy.Builder options = unsmoothed();
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        for (int classes : new int[] {3, 10, 67, 1000}) {
          Matrix input = Samples.logits(1, type, HOSTILE_ROWS, classes);
          input.set(HOSTILE_AT, 1, Double.NEGATIVE_INFINITY);
          Matrix targets = Samples.logits(1, ElementType.FLOAT32, HOSTILE_ROWS, classes);
          new Samples(1).fill(targets, c -> c == 0 ? 0.75 : c == 2 ? 0.25 : 0);
          assertRowsFinite(engine, options, input, targets, Double.NaN);
          targets.set(HOSTILE_AT, 1, 0.5);
          assertRowsFinite(engine, options, input, targets, Double.POSITIVE_INFINITY);
          double[] weights = new double[classes];
          Arrays.fill(weights, 1);
          weights[1] = 0;
          assertRowsFinite(engine, unsmoothed().classWeights(weights), input, targets, Double.NaN);
          int last = classes - 1;
          double wanted = targets.get(HOSTILE_AT, last);
          double logit = input.get(HOSTILE_AT, last);
          targets.set(HOSTILE_AT, last, 0);
          input.set(HOSTILE_AT, last, Double.NEGATIVE_INFINITY);
          assertRowsFinite(engine, options, input, targets, Double.NaN);
          targets.set(HOSTILE_AT, last, wanted);
          input.set(HOSTILE_AT, last, logit);
          targets.set(HOSTILE_AT, 1, 0);
          assertRowsFinite(
              engine, unsmoothed().labelSmoothing(0.1), input, targets, Double.POSITIVE_INFINITY);
        }
      }
    }
  }

  /** The least float is no infinity, however many masks are made of it. */
  @Test
  default void leastFloatsWhereZeroTimesInfinityIsNan() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : new ElementType[] {ElementType.FLOAT32, ElementType.FLOAT64}) {
        for (int classes : new int[] {3, 67, 2000}) {
          Matrix input = Samples.logits(1, type, HOSTILE_ROWS, classes);
          Matrix targets = Samples.logits(1, ElementType.FLOAT32, HOSTILE_ROWS, classes);
          new Samples(1).fill(targets, c -> c == 0 ? 0.75 : c == 2 ? 0.25 : 0);
          for (int c = 1; c < classes; c++) {
            input.set(HOSTILE_AT, c, c == 2 ? 0 : -Float.MAX_VALUE);
          }
          assertThat(
                  engine
                      .evaluate(unsmoothed().build(), input, Targets.probabilities(targets))
                      .rowLosses())
              .as("rows of %s", input)
              .doesNotContain(Double.NaN, Double.POSITIVE_INFINITY);
        }
      }
    }
  }

  private static CrossEntropy.Builder unsmoothed() {
    return CrossEntropy.builder()
        .reduction(Reduction.NONE)
        .zeroTimesInfinity(ZeroTimesInfinity.NAN);
  }

  private static void assertRowsFinite(
      BatchLoss engine,
      CrossEntropy.Builder options,
      Matrix input,
      Matrix targets,
      double hostile) {
    double[] losses =
        engine.evaluate(options.build(), input, Targets.probabilities(targets)).rowLosses();
    for (int row = 0; row < HOSTILE_ROWS; row++) {
      if (row == HOSTILE_AT) {
        assertThat(losses[row]).as("row %s of %s", row, input).isEqualTo(Double.valueOf(hostile));
      } else {
        assertThat(losses[row]).as("row %s of %s", row, input).isFinite();
      }
    }
  }

  /** Only the class of weight 0 is impossible: smoothing does not reach it. */
  @Test
  default void minusInfinityWhereTheClassWeightIsZero() {
    double[] weights = new double[10];
    for (int c = 0; c < 10; c++) {
      weights[c] = c % 3 == 1 ? 0 : 1;
    }
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        Matrix input = input(HostileRow.SOME_MINUS_INFINITY, type, 10);
        CrossEntropy loss =
            CrossEntropy.builder().classWeights(weights).labelSmoothing(0.2).build();
        Judge.judge(engine, Trial.of(loss, input, Targets.classes(0, 2, 3, 5, 6)));
        // The target's own weight multiplies: 0·∞ is NaN, as in PyTorch.
        Judge.judge(
            engine, Trial.of(loss, input, Targets.classes(0, 2, 1, 5, 6)).gradientInPlace());
      }
    }
  }

  /** log 0 of inputs that are probabilities or their logarithms already. */
  @Test
  default void probabilitiesOfZero() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        for (int target = 0; target < 3; target++) {
          for (double smoothing : new double[] {0, 0.1}) {
            CrossEntropy.Builder loss = CrossEntropy.builder().labelSmoothing(smoothing);
            Targets targets = Targets.classes(1, target, 1);
            Matrix probabilities = rowsOf(type, 0.5, 0, 0.5);
            Trial onProbabilities =
                Trial.of(loss.input(InputKind.PROBABILITIES).build(), probabilities, targets);
            Judge.judge(engine, onProbabilities.withMetrics(Trial.ALL_METRICS));
            Judge.judge(engine, onProbabilities.gradientInPlace());
            Matrix logarithms = rowsOf(type, -1, Double.NEGATIVE_INFINITY, -0.5);
            Trial onLogarithms =
                Trial.of(loss.input(InputKind.LOG_PROBABILITIES).build(), logarithms, targets);
            Judge.judge(engine, onLogarithms.withMetrics(Trial.ALL_METRICS));
            Judge.judge(engine, onLogarithms.gradientInPlace());
          }
        }
      }
    }
  }

  /** Nothing makes a caller's log-probabilities ≤ 0: e^800 is beyond double. */
  @Test
  default void logProbabilitiesWhoseExponentialsOverflow() {
    try (BatchLoss engine = backend().open()) {
      CrossEntropy loss = CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).build();
      for (ElementType type : ElementType.values()) {
        for (double great : new double[] {800, 60_000, Double.POSITIVE_INFINITY}) {
          judgeOverflow(engine, loss, rowsOf(type, -1, great, -0.5));
          double[] row = new double[1000];
          Arrays.fill(row, -8);
          row[1] = great;
          judgeOverflow(engine, loss, rowsOf(type, row));
        }
      }
    }
  }

  private static void judgeOverflow(BatchLoss engine, CrossEntropy loss, Matrix input) {
    Trial trial = Trial.of(loss, input, Targets.classes(0, 1, 2));
    Judge.judge(engine, trial.withMetrics(Set.of(Metric.ACCURACY, Metric.ENTROPY)));
    Matrix output = Samples.logits(1, ElementType.FLOAT64, 3, input.classes());
    Judge.judge(engine, trial.writing(MatrixOutput.SOFTMAX, output));
    Judge.judge(engine, trial.writing(MatrixOutput.LOG_SOFTMAX, output));
    Judge.judge(engine, trial.gradientInPlace());
  }

  private static Matrix rowsOf(ElementType type, double... row) {
    Matrix matrix = Samples.logits(1, type, 3, row.length);
    new Samples(1).fill(matrix, c -> row[(int) c]);
    return matrix;
  }

  private static Matrix input(HostileRow row, ElementType type, int classes) {
    Matrix input = Samples.logits(classes, type, HOSTILE_ROWS, classes);
    row.write(input, HOSTILE_AT);
    return input;
  }

  private static Targets targets(int hostile, int classes) {
    int[] targets = new Samples(classes).classes(HOSTILE_ROWS, classes);
    targets[HOSTILE_AT] = hostile;
    return Targets.classes(targets);
  }
}
