package dev.batchloss.cpu;

/**
 * The functions of {@link FloatMath} and {@link DoubleMath} for one number, with the bits that the
 * vectors give: the same operations in the same order. Using it initialises no class of vectors.
 */
final class ScalarMath {
  private ScalarMath() {}

  /** {@link FloatMath#exp2}. */
  static float exp2(float x, float factor) {
    float rounded = Math.fma(x, factor, FloatMath.ROUNDING);
    float f = Math.fma(x, factor, FloatMath.ROUNDING - rounded);
    float p = Math.fma(FloatMath.P6, f, FloatMath.P5);
    p = Math.fma(p, f, FloatMath.P4);
    p = Math.fma(p, f, FloatMath.P3);
    p = Math.fma(p, f, FloatMath.P2);
    p = Math.fma(p, f, FloatMath.P1);
    p = Math.fma(p, f, 1f);
    int power = Float.floatToRawIntBits(rounded) << FloatMath.EXPONENT_POSITION;
    return rounded < FloatMath.ROUNDED_UNDERFLOW ? 0 : p * Float.intBitsToFloat(power);
  }

  /** {@link DoubleMath#exp}. */
  static double exp(double d) {
    if (d < DoubleMath.UNDERFLOW) {
      return 0;
    }
    if (d > DoubleMath.OVERFLOW) {
      return Double.POSITIVE_INFINITY;
    }
    double rounded = Math.fma(d, DoubleMath.LOG2_E, DoubleMath.ROUNDING);
    double k = rounded - DoubleMath.ROUNDING;
    double f = Math.fma(k, -DoubleMath.LN2_LOW, Math.fma(k, -DoubleMath.LN2_HIGH, d));
    long power = Double.doubleToRawLongBits(rounded) << DoubleMath.EXPONENT_POSITION;
    return (expMinusOne(f) + 1) * Double.longBitsToDouble(power);
  }

  private static double expMinusOne(double f) {
    double q = Math.fma(1.0 / 6227020800.0, f, 1.0 / 479001600);
    q = Math.fma(q, f, 1.0 / 39916800);
    q = Math.fma(q, f, 1.0 / 3628800);
    q = Math.fma(q, f, 1.0 / 362880);
    q = Math.fma(q, f, 1.0 / 40320);
    q = Math.fma(q, f, 1.0 / 5040);
    q = Math.fma(q, f, 1.0 / 720);
    q = Math.fma(q, f, 1.0 / 120);
    q = Math.fma(q, f, 1.0 / 24);
    q = Math.fma(q, f, 1.0 / 6);
    q = Math.fma(q, f, 0.5);
    return Math.fma(q * f, f, f);
  }

  /** {@link ArrayMath#log}. */
  static void log(double[] from, double[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = log(from[i]);
    }
  }

  private static double log(double x) {
    if (!(x > 0)) {
      return x == 0 ? Double.NEGATIVE_INFINITY : Double.NaN;
    }
    if (x > Double.MAX_VALUE) {
      return x;
    }
    boolean tiny = x < Double.MIN_NORMAL;
    double scaled = tiny ? x * DoubleMath.SUBNORMAL_SCALE : x;
    long offset =
        Double.doubleToRawLongBits(scaled) + (DoubleMath.ONE_BITS - DoubleMath.SQRT_HALF_BITS);
    long exponent = (offset >>> DoubleMath.EXPONENT_POSITION) - (DoubleMath.ONE_BITS >> 52);
    double k = exponent - (tiny ? 54.0 : 0.0);
    double m =
        Double.longBitsToDouble((offset & DoubleMath.FRACTION_MASK) + DoubleMath.SQRT_HALF_BITS);
    double numerator = m - 1;
    double s = numerator / (m + 1);
    double small = numerator - s * (numerator - logSeries(s * s));
    return Math.fma(k, DoubleMath.LN2_HIGH, Math.fma(k, DoubleMath.LN2_LOW, small));
  }

  private static double logSeries(double s2) {
    double series = Math.fma(2.0 / 21, s2, 2.0 / 19);
    series = Math.fma(series, s2, 2.0 / 17);
    series = Math.fma(series, s2, 2.0 / 15);
    series = Math.fma(series, s2, 2.0 / 13);
    series = Math.fma(series, s2, 2.0 / 11);
    series = Math.fma(series, s2, 2.0 / 9);
    series = Math.fma(series, s2, 2.0 / 7);
    series = Math.fma(series, s2, 2.0 / 5);
    return Math.fma(series, s2, 2.0 / 3) * s2;
  }
}
