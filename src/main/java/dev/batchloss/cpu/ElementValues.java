package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.AT_LEAST;
import static dev.batchloss.cpu.ElementVectors.CLIP;
import static dev.batchloss.cpu.ElementVectors.MARGIN;
import static dev.batchloss.cpu.ElementVectors.PRODUCT;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * f(x, y) of an element plan over the arrays of a block: one loop a function, and a loop before it
 * for each transcendental function that it holds beyond the first; not for two threads.
 */
final class ElementValues {
  private static final double LN2 = Math.log(2);

  private final ElementFunction f;
  private final boolean zero;
  private final BinaryElements binary;
  private final double[] terms = new double[ElementPass.BLOCK];
  private final double[] moreTerms = new double[ElementPass.BLOCK];

  /**
   * Makes room for a block.
   *
   * @param binary what runs the functions of two classes
   */
  ElementValues(ElementPlan plan, BinaryElements binary) {
    this.f = plan.function();
    this.zero = plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO;
    this.binary = binary;
  }

  /**
   * Fills {@code to} for {@code n} elements, and what the last vector takes besides.
   *
   * @param w the positive weight of each element
   */
  void run(double[] x, double[] y, double[] w, double[] to, int n) {
    try {
      switch (f.kind()) {
        case BINARY_CROSS_ENTROPY_LOGITS, BINARY_CROSS_ENTROPY, BINARY_FOCAL_LOGITS, BINARY_FOCAL ->
            binary.values(x, y, w, to, n);
        case KL_DIVERGENCE -> divergence(x, y, to, n);
        case KL_DIVERGENCE_LOG_TARGETS -> divergenceOfLogarithms(x, y, to, n);
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
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private void divergence(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector whole = y.mul(((DoubleVector) DoubleMath.LOG.invokeExact(y)).sub(x));
      DoubleVector none = ((DoubleVector) PRODUCT.invokeExact(y, x, zero)).neg();
      whole.blend(none, y.compare(VectorOperators.EQ, 0.0)).intoArray(to, i);
    }
  }

  private void divergenceOfLogarithms(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = (DoubleVector) DoubleMath.EXP.invokeExact(y);
      ((DoubleVector) PRODUCT.invokeExact(q, y.sub(x), zero)).intoArray(to, i);
    }
  }

  private void divergenceOfProbabilities(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = (DoubleVector) CLIP.invokeExact(y, f);
      DoubleVector p = (DoubleVector) CLIP.invokeExact(x, f);
      DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(q.div(p));
      ((DoubleVector) PRODUCT.invokeExact(q, log, zero)).intoArray(to, i);
    }
  }

  private static void squaredError(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y);
      d.mul(d).intoArray(to, i);
    }
  }

  private static void absoluteError(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(y).abs().intoArray(to, i);
    }
  }

  private void percentageError(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector whole = (DoubleVector) AT_LEAST.invokeExact(y.abs(), f.epsilon());
      x.sub(y).abs().mul(100.0).div(whole).intoArray(to, i);
    }
  }

  private void squaredLogarithmicError(double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    logarithmicErrors(f, xs, ys, terms, to, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector d = DoubleVector.fromArray(Lanes.DOUBLE, to, i);
      d.mul(d).intoArray(to, i);
    }
  }

  /**
   * ln(1 + max(x, epsilon)) − ln(1 + max(y, epsilon)).
   *
   * @param scratch room for the block
   */
  static void logarithmicErrors(
      ElementFunction f, double[] xs, double[] ys, double[] scratch, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) AT_LEAST.invokeExact(x, f.epsilon())).intoArray(to, i);
      ((DoubleVector) AT_LEAST.invokeExact(y, f.epsilon())).intoArray(scratch, i);
    }
    ArrayMath.log1p(to, to, n);
    ArrayMath.log1p(scratch, scratch, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector.fromArray(Lanes.DOUBLE, to, i)
          .sub(DoubleVector.fromArray(Lanes.DOUBLE, scratch, i))
          .intoArray(to, i);
    }
  }

  private void huber(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y).abs();
      DoubleVector line = d.sub(0.5 * f.delta()).mul(f.delta());
      DoubleVector square = d.mul(d).mul(0.5);
      line.blend(square, d.compare(VectorOperators.LE, f.delta())).mul(f.factor()).intoArray(to, i);
    }
  }

  /** d + ln(1 + e^−2d) − ln 2, or where d is small ln(1 + t²/(2(t + 1))), t = e^−d − 1. */
  private void logCosh(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y).abs();
      DoubleVector t = (DoubleVector) DoubleMath.EXPM1.invokeExact(d.neg());
      d.intoArray(to, i);
      t.mul(t).div(t.add(1.0).mul(2.0)).intoArray(terms, i);
    }
    ArrayMath.exp(to, -2, moreTerms, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector d = DoubleVector.fromArray(Lanes.DOUBLE, to, i);
      DoubleVector near = DoubleVector.fromArray(Lanes.DOUBLE, terms, i);
      DoubleVector far = DoubleVector.fromArray(Lanes.DOUBLE, moreTerms, i);
      far.blend(near, d.compare(VectorOperators.LT, 1.0)).intoArray(terms, i);
    }
    ArrayMath.log1p(terms, terms, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector d = DoubleVector.fromArray(Lanes.DOUBLE, to, i);
      DoubleVector log = DoubleVector.fromArray(Lanes.DOUBLE, terms, i);
      d.add(log).sub(LN2).blend(log, d.compare(VectorOperators.LT, 1.0)).intoArray(to, i);
    }
  }

  private void poisson(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(x.add(f.epsilon()));
      x.sub((DoubleVector) PRODUCT.invokeExact(y, log, zero)).intoArray(to, i);
    }
    addTargetTerms(ys, to, n);
  }

  private void poissonOfLogarithms(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) DoubleMath.EXP.invokeExact(x))
          .sub((DoubleVector) PRODUCT.invokeExact(y, x, zero))
          .intoArray(to, i);
    }
    addTargetTerms(ys, to, n);
  }

  private static void hinge(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) MARGIN.invokeExact(x, y)).intoArray(to, i);
    }
  }

  private static void squaredHinge(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector margin = (DoubleVector) MARGIN.invokeExact(x, y);
      margin.mul(margin).intoArray(to, i);
    }
  }

  /** Stirling's approximation of ln y!, for y above 1, where it is wanted. */
  private void addTargetTerms(double[] ys, double[] to, int n) {
    if (f.targetTerm() == 0) {
      return;
    }
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector.fromArray(Lanes.DOUBLE, ys, i).mul(2 * Math.PI).intoArray(moreTerms, i);
    }
    ArrayMath.log(ys, terms, n);
    ArrayMath.log(moreTerms, moreTerms, n);
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector log = DoubleVector.fromArray(Lanes.DOUBLE, terms, i);
      DoubleVector half = DoubleVector.fromArray(Lanes.DOUBLE, moreTerms, i);
      DoubleVector term = y.mul(log).sub(y).add(half.mul(0.5)).mul(f.targetTerm());
      DoubleVector.fromArray(Lanes.DOUBLE, to, i)
          .add(term.blend(0.0, y.compare(VectorOperators.LE, 1.0)))
          .intoArray(to, i);
    }
  }
}
