package dev.batchloss.cpu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * e^d, 2^x, e^d − 1 and log for vectors of doubles, to about two units in the last place. The
 * constants make every width give the same bits.
 */
final class DoubleMath {
  /** Below this e^d is taken as 0: it is less than 2^−1020. */
  static final double UNDERFLOW = -708;

  /** Above this e^d is taken as infinite. */
  static final double OVERFLOW = 709;

  static final double LN2_HIGH = 0x1.62e42fee00000p-1;
  static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  static final double LOG2_E = 1.4426950408889634;
  private static final DoubleVector LOG2_E_VECTOR = constant(LOG2_E);
  static final double ROUNDING = 0x1.8p52 + 1023;

  /** Adding 1.5·2^52 rounds to an integer in the low bits; 1023 more is the exponent's bias. */
  private static final DoubleVector ROUNDER = constant(ROUNDING);

  private static final DoubleVector LEAST_ROUNDED = constant(ROUNDING - 1021);
  private static final DoubleVector MOST_ROUNDED = constant(ROUNDING + 1023);

  private static final DoubleVector MINUS_LN2_HIGH = constant(-LN2_HIGH);
  private static final DoubleVector MINUS_LN2_LOW = constant(-LN2_LOW);

  /** {@link #UNDERFLOW} in every lane. */
  static final DoubleVector LEAST = constant(UNDERFLOW);

  private static final DoubleVector MOST = constant(OVERFLOW);

  /**
   * What a scalar is multiplied by to have it in every lane. C2 takes a plain broadcast to be so
   * cheap that it makes it anew in every turn of a loop, for each of its uses.
   */
  static final DoubleVector ONE = constant(1);

  static final int EXPONENT_POSITION = 52;

  /** 1/n! for n = 2…13: the rest of the series is below 4e-18 for |f| ≤ ½·ln 2. */
  private static final DoubleVector C2 = constant(0.5);

  private static final DoubleVector C3 = constant(1.0 / 6);
  private static final DoubleVector C4 = constant(1.0 / 24);
  private static final DoubleVector C5 = constant(1.0 / 120);
  private static final DoubleVector C6 = constant(1.0 / 720);
  private static final DoubleVector C7 = constant(1.0 / 5040);
  private static final DoubleVector C8 = constant(1.0 / 40320);
  private static final DoubleVector C9 = constant(1.0 / 362880);
  private static final DoubleVector C10 = constant(1.0 / 3628800);
  private static final DoubleVector C11 = constant(1.0 / 39916800);
  private static final DoubleVector C12 = constant(1.0 / 479001600);
  private static final DoubleVector C13 = constant(1.0 / 6227020800.0);

  /**
   * (2^f − 1)/f, interpolated at the zeros of a Chebyshev polynomial; relative error of 2^f 2e-17.
   */
  private static final DoubleVector P1 = constant(0.6931471805599453);

  private static final DoubleVector P2 = constant(0.24022650695910097);
  private static final DoubleVector P3 = constant(0.0555041086648216);
  private static final DoubleVector P4 = constant(0.009618129107606888);
  private static final DoubleVector P5 = constant(0.0013333558146416936);
  private static final DoubleVector P6 = constant(0.0001540353044173605);
  private static final DoubleVector P7 = constant(1.525273382983612e-05);
  private static final DoubleVector P8 = constant(1.321544258792169e-06);
  private static final DoubleVector P9 = constant(1.0178062445845774e-07);
  private static final DoubleVector P10 = constant(7.072585949269223e-09);
  private static final DoubleVector P11 = constant(4.4549605981865186e-10);

  /** 2/(2n+1) for n = 1…10: log((1+s)/(1−s)) = 2s + 2s³/3 + … for |s| ≤ 0.1716. */
  private static final DoubleVector L1 = constant(2.0 / 3);

  private static final DoubleVector L2 = constant(2.0 / 5);
  private static final DoubleVector L3 = constant(2.0 / 7);
  private static final DoubleVector L4 = constant(2.0 / 9);
  private static final DoubleVector L5 = constant(2.0 / 11);
  private static final DoubleVector L6 = constant(2.0 / 13);
  private static final DoubleVector L7 = constant(2.0 / 15);
  private static final DoubleVector L8 = constant(2.0 / 17);
  private static final DoubleVector L9 = constant(2.0 / 19);
  private static final DoubleVector L10 = constant(2.0 / 21);
  private static final DoubleVector LN2_HIGH_VECTOR = constant(LN2_HIGH);
  private static final DoubleVector LN2_LOW_VECTOR = constant(LN2_LOW);
  private static final DoubleVector LEAST_NORMAL = constant(Double.MIN_NORMAL);
  private static final DoubleVector GREATEST = constant(Double.MAX_VALUE);
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
  static final MethodHandle EXPM1 = VectorFunction.of(MethodHandles.lookup(), "expm1");
  static final MethodHandle LOG = VectorFunction.of(MethodHandles.lookup(), "log");
  private static final MethodHandle EXP_MINUS_ONE =
      VectorFunction.of(MethodHandles.lookup(), "expMinusOne");
  private static final MethodHandle LOG_SERIES =
      VectorFunction.of(MethodHandles.lookup(), "logSeries");
  private static final MethodHandle POWER_OF_TWO =
      VectorFunction.of(MethodHandles.lookup(), "powerOfTwo");

  private DoubleMath() {}

  /** e^d, 0 below {@link #UNDERFLOW}, infinite above {@link #OVERFLOW}, NaN for NaN. */
  static DoubleVector exp(DoubleVector d) throws Throwable {
    DoubleVector rounded = d.fma(LOG2_E_VECTOR, ROUNDER);
    DoubleVector k = rounded.sub(ROUNDER);
    DoubleVector f = k.fma(MINUS_LN2_LOW, k.fma(MINUS_LN2_HIGH, d));
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    DoubleVector e = ((DoubleVector) EXP_MINUS_ONE.invokeExact(f)).add(ONE).mul(power);
    return e.blend(0.0, d.compare(VectorOperators.LT, LEAST))
        .blend(Double.POSITIVE_INFINITY, d.compare(VectorOperators.GT, MOST));
  }

  /** The factor with which {@link #exp2} is e^(x·scale). */
  static double exp2Factor(double scale) {
    return scale * LOG2_E;
  }

  /**
   * 2^(x·factor), 0 where x·factor is below −1021½, infinite where it is above 1023½, NaN for NaN.
   */
  static DoubleVector exp2(DoubleVector x, DoubleVector factor) throws Throwable {
    DoubleVector rounded = x.fma(factor, ROUNDER);
    DoubleVector f = x.fma(factor, ROUNDER.sub(rounded));
    DoubleVector p =
        P11.fma(f, P10)
            .fma(f, P9)
            .fma(f, P8)
            .fma(f, P7)
            .fma(f, P6)
            .fma(f, P5)
            .fma(f, P4)
            .fma(f, P3)
            .fma(f, P2)
            .fma(f, P1)
            .fma(f, ONE);
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    return p.mul(power)
        .blend(0.0, rounded.compare(VectorOperators.LT, LEAST_ROUNDED))
        .blend(Double.POSITIVE_INFINITY, rounded.compare(VectorOperators.GT, MOST_ROUNDED));
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
    DoubleVector numerator = m.sub(ONE);
    DoubleVector s = numerator.div(m.add(ONE));
    DoubleVector s2 = s.mul(s);
    DoubleVector series = (DoubleVector) LOG_SERIES.invokeExact(s2);
    // log m = 2s + s·series with 2s = numerator − s·numerator, whose first part is exact.
    DoubleVector small = numerator.sub(s.mul(numerator.sub(series)));
    DoubleVector value = k.fma(LN2_HIGH_VECTOR, k.fma(LN2_LOW_VECTOR, small));
    VectorMask<Double> notFinite = x.compare(VectorOperators.GT, GREATEST);
    return value
        .blend(Double.POSITIVE_INFINITY, notFinite)
        .blend(Double.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, 0.0))
        .blend(Double.NaN, x.compare(VectorOperators.LT, 0.0))
        .blend(x, x.test(VectorOperators.IS_NAN));
  }

  /** e^d − 1 with relative precision near 0, for |d| ≤ 700; −1 below. */
  static DoubleVector expm1(DoubleVector d) throws Throwable {
    DoubleVector rounded = d.fma(LOG2_E_VECTOR, ROUNDER);
    DoubleVector k = rounded.sub(ROUNDER);
    DoubleVector f = k.fma(MINUS_LN2_LOW, k.fma(MINUS_LN2_HIGH, d));
    DoubleVector power = (DoubleVector) POWER_OF_TWO.invokeExact(rounded);
    DoubleVector e = (DoubleVector) EXP_MINUS_ONE.invokeExact(f);
    return e.fma(power, power.sub(ONE)).blend(-1.0, d.compare(VectorOperators.LT, LEAST));
  }

  static DoubleVector powerOfTwo(DoubleVector rounded) {
    return rounded
        .reinterpretAsLongs()
        .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
        .reinterpretAsDoubles();
  }

  /** 2s²/3 + 2s⁴/5 + …, from s². */
  static DoubleVector logSeries(DoubleVector s2) {
    return L10.fma(s2, L9)
        .fma(s2, L8)
        .fma(s2, L7)
        .fma(s2, L6)
        .fma(s2, L5)
        .fma(s2, L4)
        .fma(s2, L3)
        .fma(s2, L2)
        .fma(s2, L1)
        .mul(s2);
  }

  /** e^f − 1 for |f| ≤ ½·ln 2. */
  static DoubleVector expMinusOne(DoubleVector f) {
    DoubleVector q =
        C13.fma(f, C12)
            .fma(f, C11)
            .fma(f, C10)
            .fma(f, C9)
            .fma(f, C8)
            .fma(f, C7)
            .fma(f, C6)
            .fma(f, C5)
            .fma(f, C4)
            .fma(f, C3)
            .fma(f, C2);
    return q.mul(f).fma(f, f);
  }

  private static DoubleVector constant(double value) {
    return DoubleVector.broadcast(Lanes.DOUBLE, value);
  }
}
