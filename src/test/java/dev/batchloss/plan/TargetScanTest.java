package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TargetScanTest {
  private static RowPlan plan(@Nullable Long ignored, double... classWeights) {
    ClassWeights weights = classWeights.length == 0 ? null : ClassWeights.of(classWeights);
    return new RowPlan(
        InputTransform.logits(1, Double.POSITIVE_INFINITY),
        RowObjective.crossEntropy(0, weights, 0),
        Reduction.MEAN,
        ignored,
        RowPlan.TargetCheck.UNIT_INTERVAL);
  }

  private static TargetScan scan(RowPlan plan, int classes, Targets targets) {
    return TargetScan.of(plan, targets.rows(), classes, targets);
  }

  private static void assertRefused(
      ThrowingCallable call, long row, long value, long count, String message) {
    assertThatExceptionOfType(InvalidTargetException.class)
        .isThrownBy(call)
        .withMessage(message)
        .satisfies(
            e -> {
              assertThat(e.row()).isEqualTo(row);
              assertThat(e.value()).isEqualTo(value);
              assertThat(e.count()).isEqualTo(count);
            });
  }

  @Test
  void countsRowsAndTheirWeights() {
    TargetScan scan = scan(plan(null), 3, Targets.classes(0, 1, 2, 2));
    assertThat(scan.rows()).isEqualTo(4);
    assertThat(scan.counted()).isEqualTo(4);
    assertThat(scan.weightSum().value()).isEqualTo(4);
  }

  @Test
  void refusesTargetsOutOfRangeWithTheFirstOneAndHowMany() {
    assertRefused(
        () -> scan(plan(null), 3, Targets.classes(0, 3, -1, 2, 7)),
        1,
        3,
        3,
        "target of row 1 is 3, must be in 0..2 (and 2 others)");
    assertRefused(
        () -> scan(plan(null), 3, Targets.classes(2L, 1L, 1L << 32)),
        2,
        1L << 32,
        1,
        "target of row 2 is 4294967296, must be in 0..2");
    assertRefused(
        () -> scan(plan(null), 3, Targets.classes(Long.MIN_VALUE)),
        0,
        Long.MIN_VALUE,
        1,
        "target of row 0 is -9223372036854775808, must be in 0..2");
  }

  @Test
  void onlyTheIgnoredClassIsLetThrough() {
    TargetScan scan = scan(plan(-100L), 3, Targets.classes(-100, 1, -100, 2));
    assertThat(scan.rows()).isEqualTo(4);
    assertThat(scan.counted()).isEqualTo(2);
    assertThat(scan.weightSum().value()).isEqualTo(2);
    assertRefused(
        () -> scan(plan(-100L), 3, Targets.classes(-100, 1, -101)),
        2,
        -101,
        1,
        "target of row 2 is -101, must be in 0..2");
  }

  @Test
  void theIgnoredClassMayBeOneOfTheClasses() {
    TargetScan scan = scan(plan(1L, 10, 1000, 0.5), 3, Targets.classes(0L, 1L, 2L));
    assertThat(scan.counted()).isEqualTo(2);
    assertThat(scan.weightSum().value()).isEqualTo(10.5);
  }

  @Test
  void weightsMultiply() {
    Targets weighted = Targets.classes(0, 1, 2).withSampleWeights(1.0, -2.0, 4.0);
    assertThat(scan(plan(null), 3, weighted).weightSum().value()).isEqualTo(3);
    assertThat(scan(plan(null, 3, 5, -7), 3, weighted).weightSum().value())
        .isEqualTo(3.0 - 10 - 28);
    Targets probabilities =
        Targets.probabilities(Matrix.of(new double[6], 2, 3)).withSampleWeights(0.25, 0.5);
    assertThat(scan(plan(null, 3, 5, -7), 3, probabilities).weightSum().value()).isEqualTo(0.75);
    assertThat(
            scan(plan(null), 3, Targets.probabilities(Matrix.of(new double[6], 2, 3)))
                .weightSum()
                .value())
        .isEqualTo(2);
    assertThat(TargetScan.of(plan(null), 5, 3, null).weightSum().value()).isEqualTo(5);
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      String message = "sample weight of row 1 is " + bad + ", must be finite";
      assertThatExceptionOfType(InvalidDataException.class)
          .isThrownBy(() -> scan(plan(null), 3, Targets.classes(0, 1).withSampleWeights(1, bad)))
          .withMessage(message);
      assertThatExceptionOfType(InvalidDataException.class)
          .isThrownBy(
              () ->
                  scan(
                      plan(null),
                      3,
                      Targets.probabilities(Matrix.of(new double[6], 2, 3))
                          .withSampleWeights(1, bad)))
          .withMessage(message);
    }
  }

  @Test
  void theWeightSumIsExact() {
    Targets targets = Targets.classes(0, 0, 0).withSampleWeights(1e16, 1.0, -1e16);
    assertThat(scan(plan(null), 1, targets).weightSum().value()).isEqualTo(1);
  }

  @Test
  void shardsMergeToTheWhole() {
    Targets targets = Targets.classes(0, -1, 2, 1, -1).withSampleWeights(0.1, 0.2, 0.3, 0.4, 1e-30);
    RowPlan plan = plan(-1L, 0.7, 1.1, 1.3);
    TargetScan whole = scan(plan, 3, targets);
    for (int cut = 0; cut <= 5; cut++) {
      TargetScan merged =
          scan(plan, 3, targets.slice(0, cut)).merge(scan(plan, 3, targets.slice(cut, 5)));
      assertThat(merged).isEqualTo(whole);
    }
  }

  @Test
  void nothingScansToNothing() {
    TargetScan scan = scan(plan(null, 1, 2), 2, Targets.classes(new int[0]));
    assertThat(scan).isEqualTo(new TargetScan(0, 0, new ExactSum()));
  }

  @Test
  void probabilitiesLieInTheUnitInterval() {
    TargetScan.requireProbabilities(Matrix.of(new double[] {0, 1, 1 + 1e-6, -0.0}, 2, 2), 0);
    for (double bad : new double[] {-1e-300, 1.00001, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatExceptionOfType(InvalidDataException.class)
          .isThrownBy(
              () ->
                  TargetScan.requireProbabilities(
                      Matrix.of(new double[] {0, 1, 0.5, bad}, 2, 2), 0))
          .withMessage("target probability of row 1, class 1 is " + bad + ", must be in 0..1");
    }
  }
}
