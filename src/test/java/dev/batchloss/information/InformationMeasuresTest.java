package dev.batchloss.information;

import static dev.batchloss.information.InformationUnit.BITS;
import static dev.batchloss.information.InformationUnit.NATS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;

/**
 * Values from the documentation of scipy.stats.entropy, scipy.special.rel_entr and
 * scipy.spatial.distance.jensenshannon, else by definition.
 */
class InformationMeasuresTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  @Test
  void scipysExamplesOfEntropy() {
    assertThat(InformationMeasures.entropy(new double[] {0.5, 0.5}, BITS)).isEqualTo(1);
    assertThat(InformationMeasures.entropy(new double[] {0.9, 0.1}, BITS))
        .isCloseTo(0.46899559358928117, within(1e-15));
    assertThat(InformationMeasures.entropy(new double[] {1, 2, 3}, NATS))
        .isCloseTo(1.0114042647073518, within(1e-15));
  }

  @Test
  void scipysExamplesOfTwoDistributions() {
    double[] fair = {0.5, 0.5};
    double[] biased = {0.9, 0.1};
    assertThat(InformationMeasures.klDivergence(fair, biased, BITS))
        .isCloseTo(0.7369655941662062, within(1e-15));
    assertThat(InformationMeasures.crossEntropy(fair, biased, BITS))
        .isCloseTo(1.736965594166206, within(1e-15));
  }

  @Test
  void scipysExamplesOfJensenShannon() {
    double[] first = {1, 0, 0};
    double[] second = {0, 1, 0};
    assertThat(InformationMeasures.jensenShannonDivergence(first, second, BITS))
        .isCloseTo(1, within(1e-15));
    assertThat(
            Math.sqrt(
                InformationMeasures.jensenShannonDivergence(
                    new double[] {1, 0}, new double[] {0.5, 0.5}, NATS)))
        .isCloseTo(0.46450140402245893, within(1e-15));
    assertThat(InformationMeasures.jensenShannonDivergence(first, first, NATS)).isZero();
  }

  @Test
  void countsAreRelativeFrequencies() {
    long[] counts = {3, 0, 1};
    double[] shares = {0.75, 0, 0.25};
    long[] others = {1, 1, 2};
    double[] otherShares = {0.25, 0.25, 0.5};
    assertThat(InformationMeasures.entropy(counts, BITS))
        .isEqualTo(InformationMeasures.entropy(shares, BITS))
        .isCloseTo(2 - 0.75 * Math.log(3) / Math.log(2), within(1e-15));
    assertThat(InformationMeasures.crossEntropy(counts, others, BITS))
        .isEqualTo(InformationMeasures.crossEntropy(shares, otherShares, BITS))
        .isEqualTo(0.75 * 2 + 0.25);
    assertThat(InformationMeasures.klDivergence(counts, others, NATS))
        .isEqualTo(InformationMeasures.klDivergence(shares, otherShares, NATS))
        .isCloseTo(0.75 * Math.log(3) - 0.25 * Math.log(2), within(1e-15));
    assertThat(InformationMeasures.jensenShannonDivergence(counts, others, NATS))
        .isEqualTo(InformationMeasures.jensenShannonDivergence(shares, otherShares, NATS));
    assertThat(InformationMeasures.entropy(new long[] {Long.MAX_VALUE, Long.MAX_VALUE}, BITS))
        .isEqualTo(1);
  }

  @Test
  void certainOutcomesAndImpossibleOnes() {
    double[] certain = {0, 1, 0};
    double[] split = {0, 0.5, 0.5};
    assertThat(InformationMeasures.entropy(certain, NATS)).isZero();
    assertThat(InformationMeasures.klDivergence(split, certain, NATS)).isEqualTo(INFINITE);
    assertThat(InformationMeasures.crossEntropy(split, certain, BITS)).isEqualTo(INFINITE);
    assertThat(InformationMeasures.klDivergence(certain, split, BITS)).isEqualTo(1);
    assertThat(InformationMeasures.crossEntropy(certain, split, BITS)).isEqualTo(1);
    assertThat(InformationMeasures.jensenShannonDivergence(split, certain, NATS))
        .isBetween(0.0, Math.log(2));
  }

  @Test
  void crossEntropyIsEntropyPlusDivergence() {
    Random random = new Random(3);
    for (int i = 0; i < 50; i++) {
      double[] p = random.doubles(7, 0, 1).toArray();
      double[] q = random.doubles(7, 0.01, 1).toArray();
      p[i % 7] = 0;
      assertThat(InformationMeasures.crossEntropy(p, q, NATS))
          .isCloseTo(
              InformationMeasures.entropy(p, NATS) + InformationMeasures.klDivergence(p, q, NATS),
              within(1e-14));
      assertThat(InformationMeasures.jensenShannonDivergence(p, q, BITS))
          .isCloseTo(InformationMeasures.jensenShannonDivergence(q, p, BITS), within(1e-15));
    }
  }

  /** KL of ½ ± δ from ½ is 2δ² + 4/3·δ⁴ + …, far below the rounding of its two terms. */
  @Test
  void divergenceOfCloseDistributionsKeepsItsDigits() {
    for (double delta : new double[] {0x1p-10, 0x1p-16, 0x1p-20}) {
      double square = delta * delta;
      double want =
          new BigDecimal(2 * square)
              .add(
                  new BigDecimal(square * square * 4)
                      .divide(new BigDecimal(3), MathContext.DECIMAL64))
              .doubleValue();
      assertThat(
              InformationMeasures.klDivergence(
                  new double[] {0.5 + delta, 0.5 - delta}, new double[] {0.5, 0.5}, NATS))
          .isCloseTo(want, within(want * 1e-9));
    }
  }

  @Test
  void badVectorsAreRefused() {
    double[] good = {0.5, 0.5};
    refused(() -> InformationMeasures.entropy(new double[0], NATS))
        .withMessage("distribution has 0 elements that sum to 0, must have a positive one");
    refused(() -> InformationMeasures.entropy(new long[] {0, 0}, NATS))
        .withMessage("counts has 2 elements that sum to 0, must have a positive one");
    refused(() -> InformationMeasures.entropy(new long[] {4, -1}, NATS))
        .withMessage("counts[1] is -1.0, must be finite and not negative");
    for (double bad : new double[] {-1e-9, Double.NaN, INFINITE}) {
      refused(() -> InformationMeasures.klDivergence(good, new double[] {1, bad}, NATS))
          .withMessage("q[1] is " + bad + ", must be finite and not negative");
    }
    refused(() -> InformationMeasures.crossEntropy(good, new double[] {1}, NATS))
        .withMessage("p has 2 elements, q has 1: must be as many");
    refused(() -> InformationMeasures.jensenShannonDivergence(new long[3], new long[2], NATS))
        .withMessage("p has 3 elements, q has 2: must be as many");
    refused(
            () ->
                InformationMeasures.entropy(
                    new double[] {Double.MAX_VALUE, Double.MAX_VALUE}, NATS))
        .withMessageStartingWith("distribution sums to more than a double holds");
  }

  private static ThrowableAssertAlternative<IllegalArgumentException> refused(
      ThrowingCallable call) {
    return assertThatIllegalArgumentException().isThrownBy(call);
  }
}
