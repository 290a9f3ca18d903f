package dev.batchloss.cpu;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * e^d for vectors of floats: d = k·ln 2 + f with |f| ≤ ½·ln 2, a polynomial in f, and k put
 * straight into the exponent. The constants make every width give the same bits.
 */
final class FloatMath {
  /** Below this e^d is taken as 0: it is less than 2^−125. */
  static final float UNDERFLOW = -87f;

  private static final FloatVector LOG2_E = constant(1.442695f);

  /** Adding 1.5·2^23 rounds to an integer in the low bits; 127 more is the exponent's bias. */
  private static final FloatVector ROUNDER = constant(12582912f + 127f);

  /** ln 2 in two parts, the first short enough that k times it is exact. */
  private static final FloatVector MINUS_LN2_HIGH = constant(-355f / 512f);

  private static final FloatVector MINUS_LN2_LOW = constant(2.1219444e-4f);

  /** Minimax of (e^f − 1 − f)/f² on the interval, relative error of e^f 3.1e-9. */
  private static final FloatVector C2 = constant(0.49999994f);

  private static final FloatVector C3 = constant(0.16666521f);
  private static final FloatVector C4 = constant(0.04166839f);
  private static final FloatVector C5 = constant(0.008368745f);
  private static final FloatVector C6 = constant(0.001381454f);
  private static final FloatVector ONE = constant(1f);

  /** {@link #UNDERFLOW} in every lane. */
  static final FloatVector LEAST = constant(UNDERFLOW);

  private static final int EXPONENT_POSITION = 23;

  /** {@link #exp}. */
  static final MethodHandle EXP = VectorFunction.of(MethodHandles.lookup(), "exp");

  private FloatMath() {}

  /** e^d for d ≤ 88, 0 below {@link #UNDERFLOW}, NaN for NaN. */
  static FloatVector exp(FloatVector d) {
    FloatVector rounded = d.fma(LOG2_E, ROUNDER);
    FloatVector k = rounded.sub(ROUNDER);
    FloatVector f = k.fma(MINUS_LN2_LOW, k.fma(MINUS_LN2_HIGH, d));
    FloatVector p = C6.fma(f, C5).fma(f, C4).fma(f, C3).fma(f, C2).fma(f, ONE).fma(f, ONE);
    FloatVector power =
        rounded
            .reinterpretAsInts()
            .lanewise(VectorOperators.LSHL, EXPONENT_POSITION)
            .reinterpretAsFloats();
    // A multiplication, unlike an addition to the exponent's bits, keeps every NaN a NaN.
    return p.mul(power).blend(0f, d.compare(VectorOperators.LT, LEAST));
  }

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(Lanes.FLOAT, value);
  }
}
