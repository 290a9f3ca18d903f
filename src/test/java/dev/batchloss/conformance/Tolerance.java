package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.fail;

import dev.batchloss.data.ElementType;
import java.util.function.Supplier;

/** How far a result may be from the oracle's. */
final class Tolerance {
  private final boolean wide;
  private final double softcapFactor;

  /**
   * @param input the element type of the input: FLOAT64 is computed in double, all others in float
   * @param softcap infinite for none
   */
  Tolerance(ElementType input, double softcap) {
    this.wide = input == ElementType.FLOAT64;
    this.softcapFactor = Double.isInfinite(softcap) ? 1 : Math.max(1, softcap / 30);
  }

  /** A row's loss before its weight, its nll, its lse, its entropy or an element of log-softmax. */
  double rowResult(double want) {
    return wide ? 1e-12 + 1e-12 * Math.abs(want) : 2e-6 * softcapFactor + 2e-6 * Math.abs(want);
  }

  /**
   * An element of a gradient before it is stored.
   *
   * @param size |u| + |e|·max|z_c − m| + |r| + max(|k·w_c| + |h·w_c·q_c|) of the row
   */
  double gradient(double size) {
    return (wide ? 1e-12 : 1e-6) * size;
  }

  /** What storing {@code value} may add. */
  static double halfUlp(ElementType stored, double value) {
    int exponent = value == 0 ? Double.MIN_EXPONENT : Math.getExponent(value);
    int fractionBits =
        switch (stored) {
          case FLOAT64 -> 52;
          case FLOAT32 -> 23;
          case FLOAT16 -> 10;
          case BFLOAT16 -> 7;
        };
    int leastExponent =
        switch (stored) {
          case FLOAT64 -> Double.MIN_EXPONENT;
          case FLOAT32, BFLOAT16 -> Float.MIN_EXPONENT;
          case FLOAT16 -> -14;
        };
    return Math.scalb(0.5, Math.max(exponent, leastExponent) - fractionBits);
  }

  /** Whether {@code value} becomes an infinity when stored. */
  static boolean overflows(ElementType stored, double value) {
    double greatest =
        switch (stored) {
          case FLOAT64 -> Double.MAX_VALUE;
          case FLOAT32 -> Float.MAX_VALUE;
          case FLOAT16 -> 65504;
          case BFLOAT16 -> ElementType.bfloat16ToFloat((short) 0x7f7f);
        };
    return Math.abs(value) > greatest + halfUlp(stored, greatest);
  }

  /** NaN and infinities must be met exactly, everything else within {@code bound}. */
  static void assertClose(double got, double want, double bound, Supplier<String> what) {
    if (got == want || (Double.isNaN(got) && Double.isNaN(want))) {
      return;
    }
    if (!Double.isFinite(want) || !(Math.abs(got - want) <= bound)) {
      fail("%s: got %s, want %s within %s", what.get(), got, want, bound);
    }
  }
}
