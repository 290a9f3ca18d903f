package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

/** The oracle itself, against closed forms, an evaluation in 60 digits, and its own slope. */
class OracleTest {
  private static final MathContext DIGITS = new MathContext(60);
  private static final double[] NO_DISTRIBUTION = {};

  @Test
  void equalLogitsGiveTheLogarithmOfTheClassCount() {
    OracleRow row =
        new OracleRow(
            CrossEntropy.builder().build(), new double[] {7, 7, 7, 7}, 2, NO_DISTRIBUTION);
    assertThat(row.loss()).isCloseTo(Math.log(4), within(1e-15));
    assertThat(row.lse()).isCloseTo(7 + Math.log(4), within(1e-14));
    assertThat(row.gradient()).containsExactly(0.25, 0.25, -0.75, 0.25);
    assertThat(row.entropy()).isCloseTo(Math.log(4), within(1e-15));
    assertThat(row.brier()).isCloseTo(0.75, within(1e-15));
    assertThat(row.rank()).isEqualTo(3);
    assertThat(row.argmax()).isZero();
  }

  /** log(1 + e^−1): the logistic loss of a margin of 1. */
  @Test
  void twoClassesAreTheLogisticLoss() {
    OracleRow row =
        new OracleRow(CrossEntropy.builder().build(), new double[] {0, 1}, 1, NO_DISTRIBUTION);
    assertThat(row.loss()).isCloseTo(0.31326168751822286, within(1e-16));
  }

  @Test
  void everyOptionAtOnceAgreesWithSixtyDigits() {
    double[] weights = {0.5, 2, 0, -0.25, 1};
    double[] x = {1.5, -2.25, 0.125, 3, -0.5};
    double[] q = {0.5, 0, 0.25, 0.25, 0};
    CrossEntropy loss =
        CrossEntropy.builder()
            .classWeights(weights)
            .labelSmoothing(0.25)
            .zLoss(0.5)
            .logitScale(1.5)
            .build();
    assertThat(new OracleRow(loss, x, 3, NO_DISTRIBUTION).loss())
        .isCloseTo(inSixtyDigits(loss, weights, x, new double[] {0, 0, 0, 1, 0}), within(1e-14));
    assertThat(new OracleRow(loss, x, 0, q).loss())
        .isCloseTo(inSixtyDigits(loss, weights, x, q), within(1e-14));
  }

  /** Σ w_c·((1−ε)·q_c + ε/C)·(lse − z_c) + zLoss·lse². */
  private static double inSixtyDigits(CrossEntropy loss, double[] w, double[] x, double[] q) {
    BigDecimal sum = BigDecimal.ZERO;
    BigDecimal[] z = new BigDecimal[x.length];
    for (int c = 0; c < x.length; c++) {
      z[c] = new BigDecimal(loss.logitScale()).multiply(new BigDecimal(x[c]));
      sum = sum.add(exp(z[c]));
    }
    BigDecimal lse = log(sum);
    BigDecimal total = new BigDecimal(loss.zLoss()).multiply(lse).multiply(lse);
    for (int c = 0; c < x.length; c++) {
      BigDecimal share =
          new BigDecimal(1 - loss.labelSmoothing())
              .multiply(new BigDecimal(q[c]))
              .add(new BigDecimal(loss.labelSmoothing()).divide(new BigDecimal(x.length), DIGITS));
      total = total.add(new BigDecimal(w[c]).multiply(share).multiply(lse.subtract(z[c])));
    }
    return total.doubleValue();
  }

  private static BigDecimal exp(BigDecimal x) {
    BigDecimal sum = BigDecimal.ONE;
    BigDecimal term = BigDecimal.ONE;
    for (int n = 1; n < 120; n++) {
      term = term.multiply(x).divide(new BigDecimal(n), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    return sum;
  }

  /** Newton's method on e^y = x. */
  private static BigDecimal log(BigDecimal x) {
    BigDecimal y = new BigDecimal(Math.log(x.doubleValue()));
    for (int i = 0; i < 4; i++) {
      y = y.subtract(BigDecimal.ONE).add(x.divide(exp(y), DIGITS));
    }
    return y;
  }

  @Test
  void theGradientOfEveryInputKindIsThatOfFiniteDifferences() {
    Matrix input = Matrix.of(new double[] {0.5, 0.125, 0.25, 0.125}, 1, 4);
    for (InputKind kind : InputKind.values()) {
      CrossEntropy loss =
          CrossEntropy.builder()
              .input(kind)
              .labelSmoothing(0.3)
              .classWeights(1, 2, 0.5, 3)
              .reduction(Reduction.SUM)
              .build();
      Trial trial = Trial.of(loss, input, Targets.classes(1));
      double[] gradient = new Oracle(trial).row(0).gradient();
      for (int c = 0; c < 4; c++) {
        double x = input.get(0, c);
        input.set(0, c, x + 1e-6);
        double above = new Oracle(trial).lossSum();
        input.set(0, c, x - 1e-6);
        double below = new Oracle(trial).lossSum();
        input.set(0, c, x);
        assertThat(gradient[c])
            .as("%s, class %d", kind, c)
            .isCloseTo((above - below) / 2e-6, within(1e-8));
      }
    }
  }

  @Test
  void theCompensatedSumKeepsWhatIsLostBesideGreatNumbers() {
    CompensatedSum sum = new CompensatedSum();
    for (double value : new double[] {1, 1e100, 1, -1e100}) {
      sum.add(value);
    }
    assertThat(sum.value()).isEqualTo(2);
  }

  @Test
  void halfUlpOfEveryType() {
    assertThat(Tolerance.halfUlp(ElementType.FLOAT64, 1)).isEqualTo(Math.ulp(1.0) / 2);
    assertThat(Tolerance.halfUlp(ElementType.FLOAT32, 3)).isEqualTo(Math.ulp(3f) / 2);
    assertThat(Tolerance.halfUlp(ElementType.FLOAT32, 1e-40)).isEqualTo(Float.MIN_VALUE / 2.0);
    assertThat(Tolerance.halfUlp(ElementType.FLOAT16, 1)).isEqualTo(0x1p-11);
    assertThat(Tolerance.halfUlp(ElementType.FLOAT16, 0)).isEqualTo(0x1p-25);
    assertThat(Tolerance.halfUlp(ElementType.BFLOAT16, -2)).isEqualTo(0x1p-7);
    assertThat(Tolerance.overflows(ElementType.FLOAT16, 65519)).isFalse();
    assertThat(Tolerance.overflows(ElementType.FLOAT16, 65521)).isTrue();
  }
}
