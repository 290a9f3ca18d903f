package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static jdk.incubator.vector.VectorOperators.FMA;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Exponentials of vectors of floats, as powers of two: x·factor = k + f with |f| ≤ ½, a polynomial
 * in f, and k put straight into the exponent. What the factor's rounding loses is x·factor·2^−24 at
 * most; log2 e is within 2^−26. The constants make every width give the same bits.
 *
 * <p>They are numbers: a constant vector is an object, and a loop that stores floats would load it
 * again in every turn, because C2 cannot tell that the store leaves it as it is.
 */
final class FloatMath {
  static final double LOG2_E = 1.4426950408889634;

  /** Below this e^d is taken as 0: it is less than 2^−125. */
  static final float UNDERFLOW = -87f;

  /** Adding 1.5·2^23 rounds to an integer in the low bits; 127 more is the exponent's bias. */
  static final float ROUNDING = 12582912f + 127f;

  static final float LEAST_ROUNDED = ROUNDING - 126f;

  /** An exponent whose power is 0. */
  private static final int NO_POWER = Float.floatToRawIntBits(ROUNDING - 127f);

  /** Minimax of (2^f − 1)/f on the interval, relative error of 2^f 3.0e-9. */
  static final float C1 = 0.6931472f;

  static final float C2 = 0.24022648f;
  static final float C3 = 0.055503596f;
  static final float C4 = 0.009618499f;
  static final float C5 = 0.001339097f;
  static final float C6 = 0.0001532931f;

  /**
   * What a scalar is multiplied by to have it in every lane. C2 takes a plain broadcast to be so
   * cheap that it makes it anew in every turn of a loop, for each of its uses.
   */
  static final FloatVector ONE = FloatVector.broadcast(FLOAT, 1f);

  static final int EXPONENT_POSITION = 23;

  /** {@link #exp2}. */
  static final MethodHandle EXP2 = VectorFunction.of(MethodHandles.lookup(), "exp2");

  /** {@link #exp2OfRounded}. */
  static final MethodHandle EXP2_OF_ROUNDED =
      VectorFunction.of(MethodHandles.lookup(), "exp2OfRounded");

  private static final MethodHandle EXP2_OF_FRACTION =
      VectorFunction.of(MethodHandles.lookup(), "exp2OfFraction");

  private FloatMath() {}

  /** The factor with which {@link #exp2} is e^(x·scale). */
  static float exp2Factor(float scale) {
    return (float) (scale * LOG2_E);
  }

  /** 2^(x·factor) for x·factor ≤ 127, 0 where that is below −126½, NaN for NaN. */
  static FloatVector exp2(FloatVector x, FloatVector factor) throws Throwable {
    FloatVector rounded = x.lanewise(FMA, factor, ROUNDING);
    FloatVector f = x.fma(factor, FloatVector.broadcast(FLOAT, ROUNDING).sub(rounded));
    FloatVector p = (FloatVector) EXP2_OF_FRACTION.invokeExact(f);
    FloatVector power =
        rounded
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
            .reinterpretAsFloats();
    // A multiplication, unlike an addition to the exponent's bits, keeps every NaN a NaN.
    return p.mul(power).blend(0f, rounded.compare(VectorOperators.LT, LEAST_ROUNDED));
  }

  /**
   * 2^(x·factor) again, where {@code rounded} is x·factor + {@link #ROUNDING} already. NaN or
   * infinite where x·factor is so far below 0 that its own rounding is no fraction.
   */
  static FloatVector exp2OfRounded(FloatVector x, FloatVector factor, FloatVector rounded)
      throws Throwable {
    FloatVector f = x.fma(factor, FloatVector.broadcast(FLOAT, ROUNDING).sub(rounded));
    FloatVector power =
        rounded
            .reinterpretAsInts()
            .lanewise(VectorOperators.MAX, NO_POWER)
            .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
            .reinterpretAsFloats();
    return ((FloatVector) EXP2_OF_FRACTION.invokeExact(f)).mul(power);
  }

  /** 2^f for |f| ≤ ½. */
  static FloatVector exp2OfFraction(FloatVector f) {
    return FloatVector.broadcast(FLOAT, C6)
        .lanewise(FMA, f, C5)
        .lanewise(FMA, f, C4)
        .lanewise(FMA, f, C3)
        .lanewise(FMA, f, C2)
        .lanewise(FMA, f, C1)
        .lanewise(FMA, f, 1f);
  }
}
