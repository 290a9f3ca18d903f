package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops of binary cross-entropy over logits, in floats: {@code n} logits of an array from
 * {@code x0} on, their targets in another from {@code y0} on, both readable to a whole vector. With
 * e = e^−|x| the loss is ln(1 + e) + (max(x, 0) − x·y), whose second part is exact where the
 * prediction is right, so that what remains of a confident one has relative precision; and the
 * derivative is formed from e/(1+e), the probability of the less likely class.
 */
final class LogitKernel {
  /** ln(1 + e)/e on 0..1, interpolated at the zeros of a Chebyshev polynomial; error 3e-8. */
  private static final float C0 = 1f;

  private static final float C1 = -0.49999502f;
  private static final float C2 = 0.3331927f;
  private static final float C3 = -0.2484437f;
  private static final float C4 = 0.1911143f;
  private static final float C5 = -0.1367477f;
  private static final float C6 = 0.07836167f;
  private static final float C7 = -0.029588507f;
  private static final float C8 = 0.005253458f;

  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);
  private static final int ONE = Float.floatToRawIntBits(1);

  private static final MethodHandle SOFTPLUS_OF_MINUS =
      VectorFunction.of(MethodHandles.lookup(), "softplusOfMinus");

  /** {@link #slope}. */
  static final MethodHandle SLOPE = VectorFunction.of(MethodHandles.lookup(), "slope");

  private LogitKernel() {}

  /** ln(1 + e) for e from 0 to 1. */
  static FloatVector softplusOfMinus(FloatVector e) {
    return FloatVector.broadcast(FLOAT, C8)
        .lanewise(VectorOperators.FMA, e, C7)
        .lanewise(VectorOperators.FMA, e, C6)
        .lanewise(VectorOperators.FMA, e, C5)
        .lanewise(VectorOperators.FMA, e, C4)
        .lanewise(VectorOperators.FMA, e, C3)
        .lanewise(VectorOperators.FMA, e, C2)
        .lanewise(VectorOperators.FMA, e, C1)
        .lanewise(VectorOperators.FMA, e, C0)
        .mul(e);
  }

  /** The derivative at x, where {@code both} is 1 + e. */
  static FloatVector slope(FloatVector x, FloatVector y, FloatVector e, FloatVector both) {
    FloatVector lesser = e.div(both);
    FloatVector above = FloatVector.broadcast(FLOAT, 1f).sub(y).sub(lesser);
    return above.blend(lesser.sub(y), x.compare(VectorOperators.LT, 0f));
  }

  static void losses(float[] xs, int x0, float[] ys, int y0, float[] to, int n) {
    try {
      int step = Lanes.floatStep;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      for (int i = 0; i < n; i += step) {
        FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + i);
        FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + i);
        FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(x.abs(), factor);
        FloatVector loss = (FloatVector) SOFTPLUS_OF_MINUS.invokeExact(e);
        loss.add(x.neg().fma(y, positive)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  static void lossesAndSlopes(
      float[] xs, int x0, float[] ys, int y0, float[] to, float[] slopes, int n) {
    try {
      int step = Lanes.floatStep;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      for (int i = 0; i < n; i += step) {
        FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + i);
        FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + i);
        FloatVector positive = x.blend(0f, x.compare(VectorOperators.LT, 0f));
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(x.abs(), factor);
        FloatVector loss = (FloatVector) SOFTPLUS_OF_MINUS.invokeExact(e);
        loss.add(x.neg().fma(y, positive)).intoArray(to, i);
        FloatVector slope = (FloatVector) SLOPE.invokeExact(x, y, e, e.add(1f));
        slope.intoArray(slopes, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Whether one of n elements is infinite or NaN: as integers, the greatest magnitudes. */
  static boolean hasInfinityOrNan(float[] xs, int x0, int n) {
    int whole = n - n % FLOAT_STEP;
    IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
    for (int i = 0; i < whole; i += FLOAT_STEP) {
      IntVector magnitude = FloatVector.fromArray(FLOAT, xs, x0 + i).abs().reinterpretAsInts();
      most = most.lanewise(VectorOperators.MAX, magnitude);
    }
    int greatest = most.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      greatest = Math.max(greatest, Float.floatToRawIntBits(Math.abs(xs[x0 + i])));
    }
    return greatest >= INFINITY;
  }

  /** Whether all of n elements lie in 0..1; −0 is looked at again. As integers, from 0 to 1's. */
  static boolean areProbabilities(float[] ys, int y0, int n) {
    int whole = n - n % FLOAT_STEP;
    IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
    IntVector least = most;
    for (int i = 0; i < whole; i += FLOAT_STEP) {
      IntVector y = FloatVector.fromArray(FLOAT, ys, y0 + i).reinterpretAsInts();
      most = most.lanewise(VectorOperators.MAX, y);
      least = least.lanewise(VectorOperators.MIN, y);
    }
    int greatest = most.reduceLanes(VectorOperators.MAX);
    int smallest = least.reduceLanes(VectorOperators.MIN);
    for (int i = whole; i < n; i++) {
      int y = Float.floatToRawIntBits(ys[y0 + i]);
      greatest = Math.max(greatest, y);
      smallest = Math.min(smallest, y);
    }
    return smallest >= 0 && greatest <= ONE;
  }

  /** The losses at infinite logits, each term by itself: a share of 0 takes nothing. */
  static void mendInfinities(float[] xs, int x0, float[] ys, int y0, float[] losses, int n) {
    for (int i = 0; i < n; i++) {
      float x = xs[x0 + i];
      if (Float.isInfinite(x)) {
        float share = x > 0 ? 1 - ys[y0 + i] : ys[y0 + i];
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
