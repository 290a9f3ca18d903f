package dev.batchloss.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The losses of the row plan beside cross-entropy: what they refuse and the plans they become. */
class RowLossesTest {
  private static final double UNUSED = Double.POSITIVE_INFINITY;

  private static List<Loss> everyLoss() {
    return List.of(
        NegativeLogLikelihood.builder().classWeights(1, 2).ignoreIndex(-1).build(),
        SoftmaxEntropy.builder().build(),
        SoftmaxFocal.builder().gamma(1).alpha(.25).classWeights(1, 2).ignoreIndex(0).build(),
        GeneralizedCrossEntropy.builder().q(0.7).classWeights(1, 2).ignoreIndex(0).build(),
        SoftmaxKlDivergence.builder().build());
  }

  @ParameterizedTest
  @MethodSource("everyLoss")
  void anotherReductionChangesNothingElse(Loss loss) {
    Loss sum = loss.withReduction(Reduction.SUM);

    assertThat(loss.reduction()).isEqualTo(Reduction.MEAN);
    assertThat(sum.reduction()).isEqualTo(Reduction.SUM);
    assertThat(((RowPlan) sum.plan()).reduction()).isEqualTo(Reduction.SUM);
    assertThat(sum).isNotEqualTo(loss);
    assertThat(sum.withReduction(Reduction.MEAN)).isEqualTo(loss);
  }

  @ParameterizedTest
  @MethodSource("everyLoss")
  void isEqualAfterItWasSent(Loss loss) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(loss);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(loss);
    }
  }

  @Test
  void buildersTakeWhatTheySay() {
    assertThat(
            NegativeLogLikelihood.builder()
                .classWeights(1, 2)
                .ignoreIndex(7)
                .reduction(Reduction.SUM)
                .emptyMean(EmptyMean.ZERO)
                .build())
        .isEqualTo(
            new NegativeLogLikelihood(ClassWeights.of(1, 2), 7L, Reduction.SUM, EmptyMean.ZERO));
    assertThat(
            SoftmaxEntropy.builder()
                .input(InputKind.PROBABILITIES)
                .reduction(Reduction.NONE)
                .emptyMean(EmptyMean.ZERO)
                .build())
        .isEqualTo(new SoftmaxEntropy(InputKind.PROBABILITIES, Reduction.NONE, EmptyMean.ZERO));
    assertThat(
            SoftmaxKlDivergence.builder()
                .input(InputKind.LOG_PROBABILITIES)
                .reduction(Reduction.BATCH_MEAN)
                .emptyMean(EmptyMean.ZERO)
                .build())
        .isEqualTo(
            new SoftmaxKlDivergence(
                InputKind.LOG_PROBABILITIES, Reduction.BATCH_MEAN, EmptyMean.ZERO));
    assertThat(
            SoftmaxFocal.builder()
                .input(InputKind.PROBABILITIES)
                .gamma(0.5)
                .alpha(0.25)
                .classWeights(3)
                .ignoreIndex(-100)
                .reduction(Reduction.SUM)
                .emptyMean(EmptyMean.ZERO)
                .build())
        .isEqualTo(
            new SoftmaxFocal(
                InputTransform.probabilities(Normalization.NONE, 0, UNUSED, 1e-3),
                0.5,
                0.25,
                ClassWeights.of(3),
                -100L,
                Reduction.SUM,
                EmptyMean.ZERO));
    assertThat(SoftmaxFocal.builder().build().gamma()).isEqualTo(2);
    assertThat(SoftmaxFocal.builder().build().alpha()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void focalRefusesAnExponentOutOfRange(double bad) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftmaxFocal.builder().gamma(bad).build())
        .withMessage("gamma is " + bad + ", must be finite and >= 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void focalRefusesAFactorOutOfRange(double bad) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftmaxFocal.builder().alpha(bad).build())
        .withMessage("alpha is " + bad + ", must be finite and > 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1.0000001, -1, Double.NaN})
  void generalizedCrossEntropyRefusesAnExponentOutOfRange(double bad) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GeneralizedCrossEntropy.builder().q(bad).build())
        .withMessage("q is " + bad + ", must be > 0 and at most 1");
  }

  @Test
  void transformsReachTheirPlan() {
    InputTransform clipped = InputTransform.probabilities(Normalization.BEFORE_CLIP, 0.1, 0.9, 1);
    assertThat(SoftmaxFocal.builder().transform(clipped).build().plan().input()).isEqualTo(clipped);
    GeneralizedCrossEntropy loss =
        GeneralizedCrossEntropy.builder().transform(clipped).q(0.25).classWeights(1, 3).build();
    assertThat(loss.plan().input()).isEqualTo(clipped);
    assertThat(loss.plan().objective())
        .isEqualTo(RowObjective.generalized(0.25, ClassWeights.of(1, 3)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftmaxFocal.builder().transform(InputTransform.logits(0, 1)).build())
        .withMessage("logitScale is 0.0, must be finite and > 0");
  }

  @Test
  void classWeightsMustBeFinite() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NegativeLogLikelihood.builder().classWeights(1, Double.NaN))
        .withMessage("weight of class 1 is NaN, must be finite");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftmaxFocal.builder().classWeights(UNUSED))
        .withMessage("weight of class 0 is Infinity, must be finite");
  }

  @Test
  void plansSayWhichTargetsTheyTake() {
    assertThat(targetKinds(CrossEntropy.builder().build()))
        .isEqualTo(Set.of(TargetKind.CLASSES, TargetKind.PROBABILITIES));
    assertThat(targetKinds(NegativeLogLikelihood.builder().build()))
        .isEqualTo(Set.of(TargetKind.CLASSES, TargetKind.PROBABILITIES));
    assertThat(targetKinds(SoftmaxFocal.builder().build())).isEqualTo(Set.of(TargetKind.CLASSES));
    assertThat(targetKinds(SoftmaxKlDivergence.builder().build()))
        .isEqualTo(Set.of(TargetKind.PROBABILITIES));
    assertThat(targetKinds(SoftmaxEntropy.builder().build())).isEqualTo(Set.of(TargetKind.NONE));
  }

  @Test
  void inputsAreTakenAsTheyAre() {
    assertThat(NegativeLogLikelihood.builder().build().plan().input())
        .isEqualTo(InputTransform.logProbabilities());
    assertThat(SoftmaxFocal.builder().build().plan().input())
        .isEqualTo(InputTransform.logits(1, UNUSED));
    assertThat(SoftmaxKlDivergence.builder().input(InputKind.PROBABILITIES).build().plan().input())
        .isEqualTo(InputTransform.probabilities(Normalization.NONE, 0, UNUSED, 1e-3));
  }

  private static Set<TargetKind> targetKinds(Loss loss) {
    return ((RowPlan) loss.plan()).targetKinds();
  }
}
