package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

/** Reductions and class weights. */
class ReductionTest {
  @Test
  void eachDividesByItsDenominator() {
    assertThat(Reduction.NONE.denominatorFor(5, 3)).isEqualTo(1);
    assertThat(Reduction.SUM.denominatorFor(5, 3)).isEqualTo(1);
    assertThat(Reduction.MEAN.denominatorFor(5, 3)).isEqualTo(5);
    assertThat(Reduction.BATCH_MEAN.denominatorFor(5, 3)).isEqualTo(3);
    assertThat(Reduction.sumOver(-2.5).denominatorFor(5, 3)).isEqualTo(-2.5);
  }

  @Test
  void refusesDenominatorsThatDivideToNothing() {
    for (double bad : new double[] {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Reduction.sumOver(bad))
          .withMessage("denominator is " + bad + ", must be finite and not 0");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Reduction(Reduction.Kind.MEAN, 2))
        .withMessage("MEAN takes no denominator");
  }

  @Test
  void printsItsName() {
    assertThat(Reduction.BATCH_MEAN).hasToString("BATCH_MEAN");
    assertThat(Reduction.sumOver(4)).hasToString("SUM_OVER(4.0)");
  }

  @Test
  void classWeightsAreCopiedAndFinite() {
    double[] weights = {1, -2, 0};
    ClassWeights copy = ClassWeights.of(weights);
    weights[0] = 9;
    assertThat(copy.at(0)).isEqualTo(1);
    copy.toArray()[1] = 9;
    assertThat(copy.at(1)).isEqualTo(-2);
    assertThat(copy.sum()).isEqualTo(-1);
    assertThat(copy.classes()).isEqualTo(3);
    assertThat(copy).isEqualTo(ClassWeights.of(1, -2, 0)).isNotEqualTo(ClassWeights.of(1, -2));
    assertThat(copy).hasSameHashCodeAs(ClassWeights.of(1, -2, 0));
    for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ClassWeights.of(1, bad))
          .withMessage("weight of class 1 is " + bad + ", must be finite");
    }
  }
}
