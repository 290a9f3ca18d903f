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
    float p = Math.fma(FloatMath.C6, f, FloatMath.C5);
    p = Math.fma(p, f, FloatMath.C4);
    p = Math.fma(p, f, FloatMath.C3);
    p = Math.fma(p, f, FloatMath.C2);
    p = Math.fma(p, f, FloatMath.C1);
    p = Math.fma(p, f, 1f);
    int power = Float.floatToRawIntBits(rounded) << FloatMath.EXPONENT_POSITION;
    return rounded < FloatMath.LEAST_ROUNDED ? 0 : p * Float.intBitsToFloat(power);
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
    double f = Math.fma(k, DoubleMath.MINUS_LN2_LOW, Math.fma(k, DoubleMath.MINUS_LN2_HIGH, d));
    long power = Double.doubleToRawLongBits(rounded) << DoubleMath.EXPONENT_POSITION;
    return (expMinusOne(f) + 1) * Double.longBitsToDouble(power);
  }

  private static double expMinusOne(double f) {
    double q = Math.fma(DoubleMath.C13, f, DoubleMath.C12);
    q = Math.fma(q, f, DoubleMath.C11);
    q = Math.fma(q, f, DoubleMath.C10);
    q = Math.fma(q, f, DoubleMath.C9);
    q = Math.fma(q, f, DoubleMath.C8);
    q = Math.fma(q, f, DoubleMath.C7);
    q = Math.fma(q, f, DoubleMath.C6);
    q = Math.fma(q, f, DoubleMath.C5);
    q = Math.fma(q, f, DoubleMath.C4);
    q = Math.fma(q, f, DoubleMath.C3);
    q = Math.fma(q, f, DoubleMath.C2);
    return Math.fma(q * f, f, f);
  }

  /** {@link ArrayMath#log}. */
  static void log(double[] from, double[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = log(from[i]);
    }
  }

  /** {@link ArrayMath#log1p}. */
  static double log1p(double x) {
    double t = x + 1;
    double lost = (x - (t - 1)) / t;
    return log(t) + (Double.isNaN(lost) ? 0 : lost);
  }

  private static double log(double x) {
    if (!(x > 0)) {
      return x == 0 ? Double.NEGATIVE_INFINITY : Double.NaN;
    }
    if (x > DoubleMath.GREATEST) {
      return x;
    }
    boolean tiny = x < DoubleMath.LEAST_NORMAL;
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
    double series = Math.fma(DoubleMath.L10, s2, DoubleMath.L9);
    series = Math.fma(series, s2, DoubleMath.L8);
    series = Math.fma(series, s2, DoubleMath.L7);
    series = Math.fma(series, s2, DoubleMath.L6);
    series = Math.fma(series, s2, DoubleMath.L5);
    series = Math.fma(series, s2, DoubleMath.L4);
    series = Math.fma(series, s2, DoubleMath.L3);
    series = Math.fma(series, s2, DoubleMath.L2);
    return Math.fma(series, s2, DoubleMath.L1) * s2;
  }
}
