package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.AT_LEAST;
import static dev.batchloss.cpu.ElementVectors.CLIP;
import static dev.batchloss.cpu.ElementVectors.MARGIN;
import static dev.batchloss.cpu.ElementVectors.PRODUCT;
import static dev.batchloss.cpu.ElementVectors.SIGN;
import static dev.batchloss.cpu.ElementVectors.UNLESS_CLIPPED;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * df/dx of an element plan over arrays, in the manner of {@link ElementValues}; NaN where an
 * argument is.
 */
final class ElementSlopes {
  private final ElementFunction f;
  private final boolean zero;
  private final BinaryElements binary;
  private final double[] terms = new double[ElementPass.BLOCK];

  /**
   * Makes room for a block.
   *
   * @param binary what runs the functions of two classes, here and for the values
   */
  ElementSlopes(ElementPlan plan, BinaryElements binary) {
    this.f = plan.function();
    this.zero = plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO;
    this.binary = binary;
  }

  /**
   * Fills {@code to} for {@code n} elements, and what the last vector takes besides; after the
   * values of the same elements.
   *
   * @param w the positive weight of each element
   */
  void run(double[] x, double[] y, double[] w, double[] to, int n) {
    try {
      switch (f.kind()) {
        case BINARY_CROSS_ENTROPY_LOGITS, BINARY_CROSS_ENTROPY, BINARY_FOCAL_LOGITS, BINARY_FOCAL ->
            binary.slopes(x, y, w, to, n);
        case KL_DIVERGENCE -> divergence(y, to, n);
        case KL_DIVERGENCE_LOG_TARGETS -> divergenceOfLogarithms(y, to, n);
        case KL_DIVERGENCE_PROBABILITIES -> divergenceOfProbabilities(x, y, to, n);
        case SQUARED_ERROR -> squaredError(x, y, to, n);
        case ABSOLUTE_ERROR -> absoluteError(x, y, to, n);
        case ABSOLUTE_PERCENTAGE_ERROR -> percentageError(x, y, to, n);
        case SQUARED_LOGARITHMIC_ERROR -> squaredLogarithmicError(x, y, to, n);
        case HUBER -> huber(x, y, to, n);
        case LOG_COSH -> logCosh(x, y, to, n);
        case POISSON -> poisson(x, y, to, n);
        case POISSON_LOGARITHMIC -> poissonOfLogarithms(x, y, to, n);
        case HINGE -> hinge(x, y, to, n);
        case SQUARED_HINGE -> squaredHinge(x, y, to, n);
      }
      spreadNan(x, to, n);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private static void divergence(double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      y.neg().intoArray(to, i);
    }
  }

  private static void divergenceOfLogarithms(double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) DoubleMath.EXP.invokeExact(y)).neg().intoArray(to, i);
    }
  }

  private void divergenceOfProbabilities(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = (DoubleVector) CLIP.invokeExact(y, f);
      DoubleVector slope = q.div(x).neg().blend(0.0, q.compare(VectorOperators.EQ, 0.0));
      ((DoubleVector) UNLESS_CLIPPED.invokeExact(slope, x, f)).intoArray(to, i);
    }
  }

  private static void squaredError(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(y).mul(2.0).intoArray(to, i);
    }
  }

  private static void absoluteError(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) SIGN.invokeExact(x.sub(y))).intoArray(to, i);
    }
  }

  private void percentageError(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) SIGN.invokeExact(x.sub(y)))
          .mul(100.0)
          .div((DoubleVector) AT_LEAST.invokeExact(y.abs(), f.epsilon()))
          .intoArray(to, i);
    }
  }

  private void squaredLogarithmicError(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    ElementValues.logarithmicErrors(f, xs, ys, terms, to, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector error = DoubleVector.fromArray(Lanes.DOUBLE, to, i);
      DoubleVector slope = error.mul(2.0).div(x.add(1.0));
      slope.blend(0.0, x.compare(VectorOperators.LT, f.epsilon())).intoArray(to, i);
    }
  }

  private void huber(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y);
      DoubleVector bounded =
          d.blend(f.delta(), d.compare(VectorOperators.GT, f.delta()))
              .blend(-f.delta(), d.compare(VectorOperators.LT, -f.delta()));
      bounded.mul(f.factor()).intoArray(to, i);
    }
  }

  private void logCosh(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(y).intoArray(terms, i);
    }
    ArrayMath.tanh(terms, to, n);
  }

  private void poisson(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector.broadcast(Lanes.DOUBLE, 1)
          .sub(
              (DoubleVector)
                  PRODUCT.invokeExact(
                      y, DoubleVector.broadcast(Lanes.DOUBLE, 1).div(x.add(f.epsilon())), zero))
          .intoArray(to, i);
    }
  }

  private static void poissonOfLogarithms(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) DoubleMath.EXP.invokeExact(x)).sub(y).intoArray(to, i);
    }
  }

  private static void hinge(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      y.neg().blend(0.0, y.mul(x).compare(VectorOperators.GE, 1.0)).intoArray(to, i);
    }
  }

  private static void squaredHinge(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector twice = ((DoubleVector) MARGIN.invokeExact(x, y)).mul(2.0);
      y.neg().mul(twice).intoArray(to, i);
    }
  }

  /** The slopes of which x is no part. */
  private static void spreadNan(double[] xs, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector slope = DoubleVector.fromArray(Lanes.DOUBLE, to, i);
      slope.blend(Double.NaN, x.test(VectorOperators.IS_NAN)).intoArray(to, i);
    }
  }
}
