package dev.batchloss.cpu;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Transcendental functions of arrays of doubles, one to a loop: a function made of two of them is
 * two loops over a block that stays in the first-level cache, for the reason that {@link
 * VectorFunction} states. They take {@code n} elements and, but for {@link #log}, what the last
 * vector takes besides; {@code to} may be {@code from}.
 */
final class ArrayMath {
  /** Beyond this tanh is ±1 to the last bit. */
  private static final double TANH_SATURATION = 22;

  private ArrayMath() {}

  /** e^(factor·x). */
  static void exp(double[] from, double factor, double[] to, int n) {
    try {
      for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
        DoubleVector d = DoubleVector.fromArray(Lanes.DOUBLE, from, i).mul(factor);
        ((DoubleVector) DoubleMath.EXP.invokeExact(d)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** e^−|x|. */
  static void expOfMinusMagnitude(double[] from, double[] to, int n) {
    try {
      for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
        DoubleVector d = DoubleVector.fromArray(Lanes.DOUBLE, from, i).abs().neg();
        ((DoubleVector) DoubleMath.EXP.invokeExact(d)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Natural logarithm, of the first {@code n} elements and no more. */
  static void log(double[] from, double[] to, int n) {
    try {
      int i = 0;
      for (; i <= n - Lanes.DOUBLE_STEP; i += Lanes.DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, from, i);
        ((DoubleVector) DoubleMath.LOG.invokeExact(x)).intoArray(to, i);
      }
      if (i < n) {
        VectorMask<Double> rest = Lanes.DOUBLE.indexInRange(i, n);
        DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, from, i, rest);
        ((DoubleVector) DoubleMath.LOG.invokeExact(x)).intoArray(to, i, rest);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** log(1 + x) with relative precision: what 1 + x loses comes back by its derivative. */
  static void log1p(double[] from, double[] to, int n) {
    try {
      for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, from, i);
        DoubleVector t = x.add(1.0);
        DoubleVector lost = x.sub(t.sub(1.0)).div(t);
        DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(t);
        log.add(lost.blend(0.0, lost.test(VectorOperators.IS_NAN))).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** x^exponent of elements that are not negative; 1 for an exponent of 0. */
  static void power(double[] from, double exponent, double[] to, int n) {
    if (exponent == 0) {
      Arrays.fill(to, 1);
      return;
    }
    log(from, to, n);
    exp(to, exponent, to, n);
  }

  /** Hyperbolic tangent: em/(em + 2) with em = e^(2x) − 1, to four units in the last place. */
  static void tanh(double[] from, double[] to, int n) {
    try {
      for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, from, i);
        DoubleVector limited =
            x.blend(TANH_SATURATION, x.compare(VectorOperators.GT, TANH_SATURATION))
                .blend(-TANH_SATURATION, x.compare(VectorOperators.LT, -TANH_SATURATION));
        DoubleVector em = (DoubleVector) DoubleMath.EXPM1.invokeExact(limited.add(limited));
        em.div(em.add(2.0)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
