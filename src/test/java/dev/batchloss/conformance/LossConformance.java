package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.Metrics;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.InputKind;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The losses of the row plan beside cross-entropy. */
interface LossConformance extends ConformanceTests {
  int LOSS_ROWS = 5;
  int LOSS_CLASSES = 10;
  int HOSTILE_LOSS_ROW = 2;

  @TestFactory
  default Stream<DynamicTest> everyPairOfOptionsOfTheOtherLosses() {
    return LossPairs.trials()
        .map(
            trial ->
                DynamicTest.dynamicTest(
                    trial.toString(),
                    () -> {
                      try (BatchLoss engine = backend().open()) {
                        trial.judge(engine);
                      }
                    }));
  }

  @TestFactory
  default Stream<DynamicTest> everyHostileRowOfTheOtherLosses() {
    return Arrays.stream(HostileRow.values())
        .map(row -> DynamicTest.dynamicTest(row.toString(), () -> judgeHostile(row)));
  }

  private void judgeHostile(HostileRow row) {
    Matrix q = Samples.logits(1, ElementType.FLOAT32, LOSS_ROWS, LOSS_CLASSES);
    new Samples(3).fill(q, c -> c == 0 ? 0.75 : c == 2 ? 0.25 : 0);
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
        judgeHostile(engine, row, type, SoftmaxEntropy.builder().build(), null);
        // What is further apart than float reaches may be infinite where sums are in float.
        if (type == ElementType.FLOAT64
            || !HostileValueConformance.TOO_FAR_APART_FOR_SMOOTHING.contains(row)) {
          Loss divergence = SoftmaxKlDivergence.builder().build();
          judgeHostile(engine, row, type, divergence, Targets.probabilities(q));
        }
        for (int target : new int[] {0, 1}) {
          Targets targets = Targets.classes(1, 2, target, 4, 5);
          judgeHostile(engine, row, type, SoftmaxFocal.builder().build(), targets);
          judgeHostile(engine, row, type, SoftmaxFocal.builder().gamma(0.5).build(), targets);
        }
      }
    }
  }

  private static void judgeHostile(
      BatchLoss engine, HostileRow row, ElementType type, Loss loss, @Nullable Targets targets) {
    Matrix input = Samples.logits(1, type, LOSS_ROWS, LOSS_CLASSES);
    row.write(input, HOSTILE_LOSS_ROW);
    Matrix gradient = Samples.logits(1, ElementType.FLOAT64, LOSS_ROWS, LOSS_CLASSES);
    new LossTrial(loss, input, targets, gradient).judge(engine);
  }

  /** log 0 of inputs that are probabilities or their logarithms already. */
  @Test
  default void probabilitiesOfZeroInTheOtherLosses() {
    double[] p = {0.5, 0, 0.5};
    try (BatchLoss engine = backend().open()) {
      for (InputKind kind : List.of(InputKind.PROBABILITIES, InputKind.LOG_PROBABILITIES)) {
        judgeZeros(engine, kind, p, SoftmaxEntropy.builder().input(kind).build(), null);
        for (int target = 0; target < 3; target++) {
          Targets classes = Targets.classes(target, 2);
          judgeZeros(engine, kind, p, SoftmaxFocal.builder().input(kind).build(), classes);
          Matrix q = Matrix.of(new double[6], 2, 3);
          q.set(0, target, 1);
          q.set(1, 2, 1);
          Loss divergence = SoftmaxKlDivergence.builder().input(kind).build();
          judgeZeros(engine, kind, p, divergence, Targets.probabilities(q));
        }
      }
      for (int target = 0; target < 3; target++) {
        Loss likelihood = NegativeLogLikelihood.builder().build();
        judgeZeros(engine, InputKind.LOG_PROBABILITIES, p, likelihood, Targets.classes(target, 2));
      }
    }
  }

  private static void judgeZeros(
      BatchLoss engine, InputKind kind, double[] p, Loss loss, @Nullable Targets targets) {
    Matrix input = Matrix.of(new double[2 * p.length], 2, p.length);
    new Samples(1)
        .fill(input, c -> kind == InputKind.PROBABILITIES ? p[(int) c] : Math.log(p[(int) c]));
    Matrix gradient = Matrix.of(new double[2 * p.length], 2, p.length);
    new LossTrial(loss, input, targets, gradient).judge(engine);
  }

  /** Metrics are of the predictions and the targets: those of cross-entropy of the same. */
  @Test
  default void metricsDoNotDependOnTheLoss() {
    Matrix logits = Samples.logits(7, ElementType.FLOAT32, 40, LOSS_CLASSES);
    Targets classes = Targets.classes(new Samples(8).classes(40, LOSS_CLASSES));
    Matrix q = Samples.logits(9, ElementType.FLOAT32, 40, LOSS_CLASSES);
    new Samples(9).fillSparseTargets(q);
    Targets distributions = Targets.probabilities(q);
    Loss crossEntropy = CrossEntropy.builder().build();
    try (BatchLoss engine = backend().open()) {
      Metrics ofClasses = metrics(engine, crossEntropy, logits, classes, Trial.ALL_METRICS);
      requireSame(
          metrics(engine, SoftmaxFocal.builder().build(), logits, classes, Trial.ALL_METRICS),
          ofClasses);
      requireSame(
          metrics(
              engine,
              SoftmaxKlDivergence.builder().build(),
              logits,
              distributions,
              Trial.ALL_METRICS),
          metrics(engine, crossEntropy, logits, distributions, Trial.ALL_METRICS));
      double entropy =
          metrics(engine, SoftmaxEntropy.builder().build(), logits, null, Set.of(Metric.ENTROPY))
              .entropy();
      assertThat(entropy).isEqualTo(ofClasses.entropy());
      assertThat(
              engine.evaluate(SoftmaxEntropy.builder().build(), logits, Outputs.lossOnly()).loss())
          .isCloseTo(entropy, within(1e-14));
    }
  }

  private static Metrics metrics(
      BatchLoss engine, Loss loss, Matrix logits, @Nullable Targets targets, Set<Metric> asked) {
    return new LossTrial(loss, logits, targets, null)
        .evaluate(engine, Outputs.lossOnly().withMetrics(asked))
        .metrics();
  }

  private static void requireSame(Metrics got, Metrics want) {
    assertThat(got)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> Double.compare(a, b) == 0, Double.class)
        .isEqualTo(want);
  }
}
