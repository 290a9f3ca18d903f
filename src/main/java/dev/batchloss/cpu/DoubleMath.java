package dev.batchloss.cpu;

import static jdk.incubator.vector.VectorOperators.FMA;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * e^d, 2^x, e^d − 1 and log for vectors of doubles, to about two units in the last place. The
 * constants make every width give the same bits. They are numbers for the reason that {@link
 * FloatMath} states.
 */
final class DoubleMath {
  /** Below this e^d is taken as 0: it is less than 2^−1020. */
  static final double UNDERFLOW = -708;

  /** Above this e^d is taken as infinite. */
  static final double OVERFLOW = 709;

  static final double LN2_HIGH = 0x1.62e42fee00000p-1;
  static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  static final double LOG2_E = 1.4426950408889634;

  /** Adding 1.5·2^52 rounds to an integer in the low bits; 1023 more is the exponent's bias. */
  static final double ROUNDING = 0x1.8p52 + 1023;

  private static final double LEAST_ROUNDED = ROUNDING - 1022;

  private static final double MOST_ROUNDED = ROUNDING + 1023;

  /** An exponent whose power is 0. */
  private static final long NO_POWER = Double.doubleToRawLongBits(ROUNDING - 1023);

  static final double MINUS_LN2_HIGH = -LN2_HIGH;
  static final double MINUS_LN2_LOW = -LN2_LOW;

  /**
   * What a scalar is multiplied by to have it in every lane. C2 takes a plain broadcast to be so
   * cheap that it makes it anew in every turn of a loop, for each of its uses.
   */
  static final DoubleVector ONE = DoubleVector.broadcast(Lanes.DOUBLE, 1);

  static final int EXPONENT_POSITION = 52;

  /** 1/n! for n = 2…13: the rest of the series is below 4e-18 for |f| ≤ ½·ln 2. */
  static final double C2 = 0.5;

  static final double C3 = 1.0 / 6;
  static final double C4 = 1.0 / 24;
  static final double C5 = 1.0 / 120;
  static final double C6 = 1.0 / 720;
  static final double C7 = 1.0 / 5040;
  static final double C8 = 1.0 / 40320;
  static final double C9 = 1.0 / 362880;
  static final double C10 = 1.0 / 3628800;
  static final double C11 = 1.0 / 39916800;
  static final double C12 = 1.0 / 479001600;
  static final double C13 = 1.0 / 6227020800.0;

  /**
   * (2^f − 1)/f, interpolated at the zeros of a Chebyshev polynomial; relative error of 2^f 2e-17.
   */
  private static final double P1 = 0.6931471805599453;

  private static final double P2 = 0.24022650695910097;
  private static final double P3 = 0.0555041086648216;
  private static final double P4 = 0.009618129107606888;
  private static final double P5 = 0.0013333558146416936;
  private static final double P6 = 0.0001540353044173605;
  private static final double P7 = 1.525273382983612e-05;
  private static final double P8 = 1.321544258792169e-06;
  private static final double P9 = 1.0178062445845774e-07;
  private static final double P10 = 7.072585949269223e-09;
  private static final double P11 = 4.4549605981865186e-10;

  /** 2/(2n+1) for n = 1…10: log((1+s)/(1−s)) = 2s + 2s³/3 + … for |s| ≤ 0.1716. */
  static final double L1 = 2.0 / 3;

  static final double L2 = 2.0 / 5;
  static final double L3 = 2.0 / 7;
  static final double L4 = 2.0 / 9;
  static final double L5 = 2.0 / 11;
  static final double L6 = 2.0 / 13;
  static final double L7 = 2.0 / 15;
  static final double L8 = 2.0 / 17;
  static final double L9 = 2.0 / 19;
  static final double L10 = 2.0 / 21;
  static final double LEAST_NORMAL = Double.MIN_NORMAL;
  static final double GREATEST = Double.MAX_VALUE;
  static final double SUBNORMAL_SCALE = 0x1p54;
  static final long FRACTION_MASK = (1L << 52) - 1;
  static final long ONE_BITS = 0x3ff0000000000000L;

  /** The bits of √½, from which fractions are counted so that the quotient is near 1. */
  static final long SQRT_HALF_BITS = 0x3fe6a09e667f3bcdL;

  /** 2^52 + 2^51 as bits, for turning small longs into doubles. */
  private static final long INTEGER_BITS = 0x4338000000000000L;

  private static final double INTEGER_OFFSET = 0x1.8p52;

  static final MethodHandle EXP = VectorFunction.of(MethodHandles.lookup(), "exp");
  static final MethodHandle EXP2 = VectorFunction.of(MethodHandles.lookup(), "exp2");

  /** {@link #exp2OfRounded}. */
  static final MethodHandle EXP2_OF_ROUNDED =
      VectorFunction.of(MethodHandles.lookup(), "exp2OfRounded");

  static final MethodHandle EXPM1 = VectorFunction.of(MethodHandles.lookup(), "expm1");
  static final MethodHandle LOG = VectorFunction.of(MethodHandles.lookup(), "log");
  private static final MethodHandle EXP2_OF_FRACTION =
      VectorFunction.of(MethodHandles.lookup(), "exp2OfFraction");
  private static final MethodHandle EXP_MINUS_ONE =
      VectorFunction.of(MethodHandles.lookup(), "expMinusOne");
  private static final MethodHandle LOG_SERIES =
      VectorFunction.of(MethodHandles.lookup(), "logSeries");
  private static final MethodHandle POWER_OF_TWO =
      VectorFunction.of(MethodHandles.lookup(), "powerOfTwo");

  private DoubleMath() {}

  /** e^d, 0 below {@link #UNDERFLOW}, infinite above {@link #OVERFLOW}, NaN for NaN. */
  static DoubleVector exp(DoubleVector d) throws Throwable {
    DoubleVector rounded = d.lanewise(FMA, DoubleVector.broadcast(Lanes.DOUBLE, LOG2_E), ROUNDING);
    DoubleVector k = rounded.sub(ROUNDING);
    DoubleVector f =
        k.fma(
            DoubleVector.broadcast(Lanes.DOUBLE, MINUS_LN2_LOW),
            k.fma(DoubleVector.broadcast(Lanes.DOUBLE, MINUS_LN2_HIGH), d));
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    DoubleVector e = ((DoubleVector) EXP_MINUS_ONE.invokeExact(f)).add(1.0).mul(power);
    return e.blend(0.0, d.compare(VectorOperators.LT, UNDERFLOW))
        .blend(Double.POSITIVE_INFINITY, d.compare(VectorOperators.GT, OVERFLOW));
  }

  /** The factor with which {@link #exp2} is e^(x·scale). */
  static double exp2Factor(double scale) {
    return scale * LOG2_E;
  }

  /**
   * 2^(x·factor), 0 where x·factor is below −1022½, infinite where it is above 1023½, NaN for NaN.
   */
  static DoubleVector exp2(DoubleVector x, DoubleVector factor) throws Throwable {
    DoubleVector rounded = x.lanewise(FMA, factor, ROUNDING);
    DoubleVector f = x.fma(factor, DoubleVector.broadcast(Lanes.DOUBLE, ROUNDING).sub(rounded));
    DoubleVector p = (DoubleVector) EXP2_OF_FRACTION.invokeExact(f);
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    return p.mul(power)
        .blend(0.0, rounded.compare(VectorOperators.LT, LEAST_ROUNDED))
        .blend(Double.POSITIVE_INFINITY, rounded.compare(VectorOperators.GT, MOST_ROUNDED));
  }

  /**
   * 2^(x·factor) again, where {@code rounded} is x·factor + {@link #ROUNDING} already. NaN or
   * infinite where x·factor is so far below 0 that its own rounding is no fraction.
   */
  static DoubleVector exp2OfRounded(DoubleVector x, DoubleVector factor, DoubleVector rounded)
      throws Throwable {
    DoubleVector f = x.fma(factor, DoubleVector.broadcast(Lanes.DOUBLE, ROUNDING).sub(rounded));
    DoubleVector power =
        rounded
            .reinterpretAsLongs()
            .lanewise(VectorOperators.MAX, NO_POWER)
            .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
            .reinterpretAsDoubles();
    return ((DoubleVector) EXP2_OF_FRACTION.invokeExact(f)).mul(power);
  }

  /** 2^f for |f| ≤ ½. */
  static DoubleVector exp2OfFraction(DoubleVector f) {
    return DoubleVector.broadcast(Lanes.DOUBLE, P11)
        .lanewise(FMA, f, P10)
        .lanewise(FMA, f, P9)
        .lanewise(FMA, f, P8)
        .lanewise(FMA, f, P7)
        .lanewise(FMA, f, P6)
        .lanewise(FMA, f, P5)
        .lanewise(FMA, f, P4)
        .lanewise(FMA, f, P3)
        .lanewise(FMA, f, P2)
        .lanewise(FMA, f, P1)
        .lanewise(FMA, f, 1.0);
  }

  /** Natural logarithm; −infinity at 0, NaN below 0 and at NaN. */
  static DoubleVector log(DoubleVector x) throws Throwable {
    VectorMask<Double> tiny = x.compare(VectorOperators.LT, LEAST_NORMAL);
    DoubleVector scaled = x.blend(x.mul(SUBNORMAL_SCALE), tiny);
    LongVector bits = scaled.reinterpretAsLongs();
    LongVector offset = bits.add(ONE_BITS - SQRT_HALF_BITS);
    LongVector exponent =
        offset.lanewise(VectorOperators.LSHR, EXPONENT_POSITION).sub(ONE_BITS >> 52);
    DoubleVector k =
        exponent
            .add(INTEGER_BITS)
            .reinterpretAsDoubles()
            .sub(INTEGER_OFFSET)
            .sub(DoubleVector.zero(Lanes.DOUBLE).blend(54.0, tiny));
    DoubleVector m =
        offset
            .lanewise(VectorOperators.AND, FRACTION_MASK)
            .add(SQRT_HALF_BITS)
            .reinterpretAsDoubles();
    DoubleVector numerator = m.sub(1.0);
    DoubleVector s = numerator.div(m.add(1.0));
    DoubleVector s2 = s.mul(s);
    DoubleVector series = (DoubleVector) LOG_SERIES.invokeExact(s2);
    // log m = 2s + s·series with 2s = numerator − s·numerator, whose first part is exact.
    DoubleVector small = numerator.sub(s.mul(numerator.sub(series)));
    DoubleVector value =
        k.fma(
            DoubleVector.broadcast(Lanes.DOUBLE, LN2_HIGH),
            k.fma(DoubleVector.broadcast(Lanes.DOUBLE, LN2_LOW), small));
    VectorMask<Double> notFinite = x.compare(VectorOperators.GT, GREATEST);
    return value
        .blend(Double.POSITIVE_INFINITY, notFinite)
        .blend(Double.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0.0))
        .blend(Double.NaN, x.compare(VectorOperators.LT, 0.0))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /** e^d − 1 with relative precision near 0, for |d| ≤ 700; −1 below. */
  static DoubleVector expm1(DoubleVector d) throws Throwable {
    DoubleVector rounded = d.lanewise(FMA, DoubleVector.broadcast(Lanes.DOUBLE, LOG2_E), ROUNDING);
    DoubleVector k = rounded.sub(ROUNDING);
    DoubleVector f =
        k.fma(
            DoubleVector.broadcast(Lanes.DOUBLE, MINUS_LN2_LOW),
            k.fma(DoubleVector.broadcast(Lanes.DOUBLE, MINUS_LN2_HIGH), d));
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    DoubleVector e = (DoubleVector) EXP_MINUS_ONE.invokeExact(f);
    return e.fma(power, power.sub(1.0)).blend(-1.0, d.compare(VectorOperators.LT, UNDERFLOW));
  }

  static DoubleVector powerOfTwo(DoubleVector rounded) {
    return rounded
        .reinterpretAsLongs()
        .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
        .reinterpretAsDoubles();
  }

  /** 2s²/3 + 2s⁴/5 + …, from s². */
  static DoubleVector logSeries(DoubleVector s2) {
    return DoubleVector.broadcast(Lanes.DOUBLE, L10)
        .lanewise(FMA, s2, L9)
        .lanewise(FMA, s2, L8)
        .lanewise(FMA, s2, L7)
        .lanewise(FMA, s2, L6)
        .lanewise(FMA, s2, L5)
        .lanewise(FMA, s2, L4)
        .lanewise(FMA, s2, L3)
        .lanewise(FMA, s2, L2)
        .lanewise(FMA, s2, L1)
        .mul(s2);
  }

  /** e^f − 1 for |f| ≤ ½·ln 2. */
  static DoubleVector expMinusOne(DoubleVector f) {
    DoubleVector q =
        DoubleVector.broadcast(Lanes.DOUBLE, C13)
            .lanewise(FMA, f, C12)
            .lanewise(FMA, f, C11)
            .lanewise(FMA, f, C10)
            .lanewise(FMA, f, C9)
            .lanewise(FMA, f, C8)
            .lanewise(FMA, f, C7)
            .lanewise(FMA, f, C6)
            .lanewise(FMA, f, C5)
            .lanewise(FMA, f, C4)
            .lanewise(FMA, f, C3)
            .lanewise(FMA, f, C2);
    return q.mul(f).fma(f, f);
  }
}
