package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops of binary cross-entropy over logits, in floats. With e = e^−|x| the loss is ln(1 + e) +
 * (max(x, 0) − x·y), whose second part is exact where the prediction is right, so that what remains
 * of a confident one has relative precision; and the derivative is formed from e/(1+e), the
 * probability of the less likely class.
 */
final class LogitKernel {
  /** ln(1 + e)/e on 0..1, interpolated at the zeros of a Chebyshev polynomial; error 3e-8. */
  private static final FloatVector C0 = constant(1f);

  private static final FloatVector C1 = constant(-0.49999502f);
  private static final FloatVector C2 = constant(0.3331927f);
  private static final FloatVector C3 = constant(-0.2484437f);
  private static final FloatVector C4 = constant(0.1911143f);
  private static final FloatVector C5 = constant(-0.1367477f);
  private static final FloatVector C6 = constant(0.07836167f);
  private static final FloatVector C7 = constant(-0.029588507f);
  private static final FloatVector C8 = constant(0.005253458f);

  private static final MethodHandle SOFTPLUS_OF_MINUS =
      VectorFunction.of(MethodHandles.lookup(), "softplusOfMinus");

  private LogitKernel() {}

  private static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOAT, value);
  }

  static FloatVector softplusOfMinus(FloatVector e) {
    return C8.fma(e, C7)
        .fma(e, C6)
        .fma(e, C5)
        .fma(e, C4)
        .fma(e, C3)
        .fma(e, C2)
        .fma(e, C1)
        .fma(e, C0)
        .mul(e);
  }

  static void losses(float[] xs, float[] ys, float[] to, int n) {
    try {
      int step = Lanes.floatStep;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      for (int i = 0; i < n; i += step) {
        FloatVector x = FloatVector.fromArray(FLOAT, xs, i);
        FloatVector y = FloatVector.fromArray(FLOAT, ys, i);
        FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(x.abs(), factor);
        FloatVector loss = (FloatVector) SOFTPLUS_OF_MINUS.invokeExact(e);
        loss.add(x.neg().fma(y, positive)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  static void lossesAndSlopes(float[] xs, float[] ys, float[] to, float[] slopes, int n) {
    try {
      int step = Lanes.floatStep;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      for (int i = 0; i < n; i += step) {
        FloatVector x = FloatVector.fromArray(FLOAT, xs, i);
        FloatVector y = FloatVector.fromArray(FLOAT, ys, i);
        VectorMask<Float> isNegative = x.compare(VectorOperators.LT, 0f);
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(x.abs(), factor);
        FloatVector loss = (FloatVector) SOFTPLUS_OF_MINUS.invokeExact(e);
        loss.add(x.neg().fma(y, x.blend(0f, isNegative))).intoArray(to, i);
        FloatVector lesser = e.div(e.add(FloatMath.ONE));
        FloatVector above = FloatMath.ONE.sub(y).sub(lesser);
        above.blend(lesser.sub(y), isNegative).intoArray(slopes, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Whether one of n elements is infinite; what follows them may be anything. */
  static boolean hasInfinity(float[] xs, int n) {
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      FloatVector x = FloatVector.fromArray(FLOAT, xs, i);
      if (x.abs().compare(VectorOperators.EQ, Float.POSITIVE_INFINITY).anyTrue()) {
        return true;
      }
    }
    for (; i < n; i++) {
      if (Float.isInfinite(xs[i])) {
        return true;
      }
    }
    return false;
  }

  /** Whether all of n elements lie in 0..1, but for a rounding error that is looked at again. */
  static boolean areProbabilities(float[] ys, int n) {
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      FloatVector y = FloatVector.fromArray(FLOAT, ys, i);
      VectorMask<Float> good =
          y.compare(VectorOperators.GE, 0f).and(y.compare(VectorOperators.LE, 1f));
      if (!good.allTrue()) {
        return false;
      }
    }
    for (; i < n; i++) {
      if (!(ys[i] >= 0 && ys[i] <= 1)) {
        return false;
      }
    }
    return true;
  }

  /** The losses at infinite logits, each term by itself: a share of 0 takes nothing. */
  static void mendInfinities(float[] xs, float[] ys, float[] losses, int n) {
    for (int i = 0; i < n; i++) {
      if (Float.isInfinite(xs[i])) {
        float share = xs[i] > 0 ? 1 - ys[i] : ys[i];
        losses[i] = share == 0 ? 0 : share * Float.POSITIVE_INFINITY;
      }
    }
  }

  /** Sums {@code n} elements: column c is added into lane c mod {@value Lanes#FLOATS}. */
  static double sum(float[] values, int offset, int n, float[] lanes) {
    if (n < Lanes.FLOATS) {
      double sum = 0;
      for (int i = offset; i < offset + n; i++) {
        sum += values[i];
      }
      return sum;
    }
    int whole = n - n % Lanes.FLOATS;
    for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int i = offset + part; i < offset + whole; i += Lanes.FLOATS) {
        sum = sum.add(FloatVector.fromArray(FLOAT, values, i));
      }
      sum.intoArray(lanes, part);
    }
    for (int i = whole; i < n; i++) {
      lanes[i - whole] += values[offset + i];
    }
    return BlockSums.sum(lanes);
  }
}
