package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RowNeedsTest {
  private static final InputTransform LOGITS = InputTransform.logits(1, Double.POSITIVE_INFINITY);
  private static final InputTransform LOG_PROBABILITIES = InputTransform.logProbabilities();
  private static final ClassWeights WEIGHTS = ClassWeights.of(1, 2);

  private static List<String> needs(
      InputTransform input,
      RowObjective objective,
      TargetKind targets,
      MatrixOutput output,
      RowStatistic... asked) {
    RowPlan plan =
        new RowPlan(input, objective, Reduction.MEAN, null, RowPlan.TargetCheck.UNIT_INTERVAL);
    RowNeeds needs = RowNeeds.of(plan, targets, Set.of(asked), output);
    List<String> names = new ArrayList<>();
    for (var component : RowNeeds.class.getRecordComponents()) {
      try {
        if ((boolean) component.getAccessor().invoke(needs)) {
          names.add(component.getName());
        }
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("a record has accessors", e);
      }
    }
    return names;
  }

  private static RowObjective crossEntropy(double smoothing, @Nullable ClassWeights weights) {
    return RowObjective.crossEntropy(smoothing, weights, 0);
  }

  @Test
  void plainCrossEntropyNeedsTheSumAndTheTargetOnly() {
    assertThat(needs(LOGITS, crossEntropy(0, WEIGHTS), TargetKind.CLASSES, MatrixOutput.GRADIENT))
        .containsExactly("logSumExp", "target");
  }

  @Test
  void logProbabilitiesAreReadOnlyWhereSomethingNeedsTheRow() {
    RowObjective plain = crossEntropy(0, null);
    assertThat(needs(LOG_PROBABILITIES, plain, TargetKind.CLASSES, MatrixOutput.GRADIENT))
        .containsExactly("target");
    assertThat(
            needs(
                LOG_PROBABILITIES, plain, TargetKind.CLASSES, MatrixOutput.NONE, RowStatistic.NLL))
        .containsExactly("target");
    assertThat(needs(LOG_PROBABILITIES, plain, TargetKind.CLASSES, MatrixOutput.SOFTMAX))
        .containsExactly("logSumExp", "target");
    assertThat(needs(LOG_PROBABILITIES, plain, TargetKind.CLASSES, MatrixOutput.LOG_SOFTMAX))
        .containsExactly("logSumExp", "target");
    for (RowStatistic statistic : RowStatistic.values()) {
      if (statistic != RowStatistic.NLL) {
        assertThat(
                needs(LOG_PROBABILITIES, plain, TargetKind.CLASSES, MatrixOutput.NONE, statistic))
            .as("NaN shows in the sum, so %s needs it", statistic)
            .contains("logSumExp");
      }
    }
  }

  @Test
  void smoothedTargetsAreNeverZero() {
    for (double smoothing : new double[] {0, 0.1}) {
      RowPlan plan =
          new RowPlan(
              LOGITS,
              crossEntropy(smoothing, null),
              Reduction.MEAN,
              null,
              RowPlan.TargetCheck.NONE,
              ZeroTimesInfinity.NAN);
      assertThat(plan.zeroTimesInfinityOfTargets())
          .isEqualTo(smoothing == 0 ? ZeroTimesInfinity.NAN : ZeroTimesInfinity.ZERO);
    }
  }

  @Test
  void smoothingNeedsTheClassMoment() {
    assertThat(needs(LOGITS, crossEntropy(0.1, null), TargetKind.CLASSES, MatrixOutput.NONE))
        .containsExactly("logSumExp", "target", "classMoment");
    RowObjective noCrossEntropy = new RowObjective(0, 0.1, null, 0, 0, 1, 0);
    assertThat(needs(LOGITS, noCrossEntropy, TargetKind.NONE, MatrixOutput.NONE))
        .containsExactly("logSumExp", "entropyMoment");
  }

  @Test
  void probabilityTargetsNeedTheirMoments() {
    TargetKind soft = TargetKind.PROBABILITIES;
    assertThat(needs(LOGITS, crossEntropy(0, null), soft, MatrixOutput.NONE))
        .containsExactly("logSumExp", "targetMoment");
    assertThat(needs(LOGITS, crossEntropy(0, null), soft, MatrixOutput.NONE, RowStatistic.NLL))
        .containsExactly("logSumExp", "targetMoment");
    assertThat(needs(LOGITS, crossEntropy(0, WEIGHTS), soft, MatrixOutput.NONE, RowStatistic.NLL))
        .containsExactly("logSumExp", "targetMoment", "plainTargetMoment");
    RowObjective divergence = new RowObjective(1, 0, null, 0, 0, 0, 1);
    assertThat(needs(LOGITS, divergence, soft, MatrixOutput.NONE))
        .containsExactly("logSumExp", "targetMoment", "targetNegentropy");
    RowObjective none = new RowObjective(0, 0, null, 0, 0, 1, 0);
    assertThat(needs(LOGITS, none, soft, MatrixOutput.NONE))
        .containsExactly("logSumExp", "entropyMoment");
  }

  @Test
  void metricsBringTheirStatistics() {
    RowObjective plain = crossEntropy(0, null);
    TargetKind classes = TargetKind.CLASSES;
    MatrixOutput none = MatrixOutput.NONE;
    assertThat(needs(LOGITS, plain, classes, none, RowStatistic.MAXIMUM))
        .containsExactly("logSumExp", "target", "maximum");
    assertThat(needs(LOGITS, plain, classes, none, RowStatistic.ARGMAX))
        .containsExactly("logSumExp", "target", "maximum", "argmax");
    assertThat(needs(LOGITS, plain, classes, none, RowStatistic.RANK))
        .containsExactly("logSumExp", "target", "rank");
    assertThat(needs(LOGITS, plain, classes, none, RowStatistic.ENTROPY))
        .containsExactly("logSumExp", "target", "entropyMoment");
    assertThat(needs(LOGITS, plain, classes, none, RowStatistic.SQUARES))
        .containsExactly("logSumExp", "target", "squares");
  }

  @Test
  void probabilitiesAreAlwaysReadForTheirSum() {
    InputTransform probabilities =
        InputTransform.probabilities(Normalization.NONE, 0, Double.POSITIVE_INFINITY, 1e-3);
    assertThat(needs(probabilities, crossEntropy(0, null), TargetKind.CLASSES, MatrixOutput.NONE))
        .containsExactly("logSumExp", "target");
  }
}
