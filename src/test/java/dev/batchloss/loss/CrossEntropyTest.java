package dev.batchloss.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import org.junit.jupiter.api.Test;

/** What is refused when built, and the plan it becomes; its values are tested elsewhere. */
class CrossEntropyTest {
  private static final double NONE = Double.POSITIVE_INFINITY;

  private static void assertRefused(CrossEntropy.Builder builder, String message) {
    assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
  }

  @Test
  void refusesOptionsOutOfRange() {
    for (double bad : new double[] {-0.1, 1.0000001, Double.NaN}) {
      assertRefused(
          CrossEntropy.builder().labelSmoothing(bad),
          "labelSmoothing is " + bad + ", must be in 0..1");
    }
    for (double bad : new double[] {Double.NaN, NONE, -NONE}) {
      assertRefused(CrossEntropy.builder().zLoss(bad), "zLoss is " + bad + ", must be finite");
    }
    for (double bad : new double[] {0, -1, Double.NaN, NONE}) {
      assertRefused(
          CrossEntropy.builder().logitScale(bad),
          "logitScale is " + bad + ", must be finite and > 0");
    }
    for (double bad : new double[] {0, -30, Double.NaN}) {
      assertRefused(CrossEntropy.builder().softcap(bad), "softcap is " + bad + ", must be > 0");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CrossEntropy.builder().classWeights(1, Double.NaN))
        .withMessage("weight of class 1 is NaN, must be finite");
  }

  @Test
  void logitOptionsNeedLogits() {
    for (InputKind kind : new InputKind[] {InputKind.PROBABILITIES, InputKind.LOG_PROBABILITIES}) {
      assertRefused(
          CrossEntropy.builder().input(kind).zLoss(0.1),
          "zLoss is 0.1, must be 0 unless the input is LOGITS, it is " + kind);
      assertRefused(
          CrossEntropy.builder().input(kind).logitScale(2),
          "logitScale is 2.0, must be 1 unless the input is LOGITS, it is " + kind);
      assertRefused(
          CrossEntropy.builder().input(kind).softcap(30),
          "softcap is 30.0, must be absent unless the input is LOGITS, it is " + kind);
    }
  }

  @Test
  void theLimitsThemselvesAreAllowed() {
    CrossEntropy.builder().labelSmoothing(0).build();
    CrossEntropy.builder().labelSmoothing(1).zLoss(-1).logitScale(1e-300).softcap(1e-300).build();
    CrossEntropy.builder().classWeights(-1, 0).softcap(NONE).build();
  }

  @Test
  void nothingIsSetUnlessSaid() {
    assertThat(CrossEntropy.builder().build())
        .isEqualTo(
            new CrossEntropy(
                InputTransform.logits(1, NONE),
                null,
                null,
                0,
                Reduction.MEAN,
                0,
                EmptyMean.NAN,
                RowPlan.TargetCheck.UNIT_INTERVAL,
                ZeroTimesInfinity.ZERO));
  }

  @Test
  void everyOptionReachesThePlan() {
    CrossEntropy loss =
        CrossEntropy.builder()
            .classWeights(1, 2)
            .ignoreIndex(-100)
            .labelSmoothing(0.1)
            .reduction(Reduction.BATCH_MEAN)
            .zLoss(1e-4)
            .logitScale(0.5)
            .softcap(30)
            .emptyMean(EmptyMean.ZERO)
            .targetCheck(RowPlan.TargetCheck.NONE)
            .zeroTimesInfinity(ZeroTimesInfinity.NAN)
            .build();
    assertThat(loss.name()).isEqualTo("cross-entropy");
    assertThat(loss.plan())
        .isEqualTo(
            new RowPlan(
                InputTransform.logits(0.5, 30),
                new RowObjective(1, 0.1, ClassWeights.of(1, 2), 0, 1e-4, 0, 0),
                Reduction.BATCH_MEAN,
                -100L,
                RowPlan.TargetCheck.NONE,
                ZeroTimesInfinity.NAN));
    Loss summed = loss.withReduction(Reduction.SUM);
    assertThat(summed.reduction()).isEqualTo(Reduction.SUM);
    assertThat(summed.emptyMean()).isEqualTo(EmptyMean.ZERO);
    assertThat(summed.withReduction(Reduction.BATCH_MEAN)).isEqualTo(loss).hasSameHashCodeAs(loss);
  }

  @Test
  void probabilitiesAreTakenAsTheyAreAndChecked() {
    assertThat(CrossEntropy.builder().input(InputKind.PROBABILITIES).build().plan().input())
        .isEqualTo(InputTransform.probabilities(Normalization.NONE, 0, NONE, 1e-3));
    assertThat(CrossEntropy.builder().input(InputKind.LOG_PROBABILITIES).build().plan().input())
        .isEqualTo(InputTransform.logProbabilities());
  }

  @Test
  void everyOptionOfProbabilitiesReachesThePlan() {
    CrossEntropy loss =
        probabilities()
            .normalization(Normalization.BEFORE_CLIP)
            .clip(1e-7, 1 - 1e-7)
            .sumTolerance(NONE)
            .targetCheck(RowPlan.TargetCheck.NONE)
            .build();
    RowPlan plan = loss.plan();
    assertThat(plan.input())
        .isEqualTo(InputTransform.probabilities(Normalization.BEFORE_CLIP, 1e-7, 1 - 1e-7, NONE));
    assertThat(plan.targetCheck()).isEqualTo(RowPlan.TargetCheck.NONE);
    assertThat(plan.input().checksProbabilities()).isFalse();
    assertThat(loss.withReduction(Reduction.SUM).withReduction(Reduction.MEAN)).isEqualTo(loss);
    assertThat(loss.withClassWeights(ClassWeights.of(1, 2)).plan().input()).isEqualTo(plan.input());
  }

  @Test
  void clippingAndToleranceHaveLimits() {
    for (double bad : new double[] {-1e-9, Double.NaN, NONE}) {
      assertRefused(
          probabilities().clip(bad, 1), "clipLow is " + bad + ", must be finite and >= 0");
    }
    for (double bad : new double[] {0.1, -1, Double.NaN}) {
      assertRefused(
          probabilities().clip(0.2, bad),
          "clipHigh is " + bad + ", must be > 0 and at least clipLow, 0.2");
    }
    for (double bad : new double[] {-1e-9, Double.NaN}) {
      assertRefused(probabilities().sumTolerance(bad), "sumTolerance is " + bad + ", must be >= 0");
    }
    probabilities().clip(0.2, 0.2).sumTolerance(0).build();
  }

  @Test
  void probabilityOptionsNeedProbabilities() {
    for (InputKind kind : new InputKind[] {InputKind.LOGITS, InputKind.LOG_PROBABILITIES}) {
      CrossEntropy.Builder builder = CrossEntropy.builder().input(kind);
      String otherwise = " unless the input is PROBABILITIES, it is " + kind;
      assertRefused(builder.clip(0, 1), "clipHigh is 1.0, must be infinite" + otherwise);
      assertRefused(builder.clip(1e-7, NONE), "clipLow is 1.0E-7, must be 0" + otherwise);
      assertRefused(
          builder.normalization(Normalization.AFTER_CLIP),
          "normalization is AFTER_CLIP, must be NONE" + otherwise);
      assertRefused(
          CrossEntropy.builder().input(kind).sumTolerance(1),
          "sumTolerance is 1.0, must be absent" + otherwise);
    }
  }

  /** The numbers of a conformance case, by hand: p = x/Σx, clipped, and −log of it. */
  @Test
  void normalizedAndClippedProbabilitiesGiveTheirLoss() {
    CrossEntropy loss =
        probabilities()
            .normalization(Normalization.BEFORE_CLIP)
            .clip(0.1, 0.6)
            .sumTolerance(NONE)
            .reduction(Reduction.NONE)
            .build();
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      Matrix rows = Matrix.copyOf(new double[][] {{1, 3, 4}, {9, 0.5, 0.5}, {0, 7, 3}});
      double[] losses = engine.evaluate(loss, rows, Targets.classes(1, 0, 0)).rowLosses();
      assertThat(losses)
          .usingComparatorWithPrecision(1e-12)
          .containsExactly(-Math.log(0.375), -Math.log(0.6), -Math.log(0.1));
    }
  }

  private static CrossEntropy.Builder probabilities() {
    return CrossEntropy.builder().input(InputKind.PROBABILITIES);
  }
}
