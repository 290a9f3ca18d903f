package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.atLeast;
import static dev.batchloss.cpu.ElementVectors.balance;
import static dev.batchloss.cpu.ElementVectors.clip;
import static dev.batchloss.cpu.ElementVectors.clips;
import static dev.batchloss.cpu.ElementVectors.constant;
import static dev.batchloss.cpu.ElementVectors.entropy;
import static dev.batchloss.cpu.ElementVectors.log1p;
import static dev.batchloss.cpu.ElementVectors.logarithmicError;
import static dev.batchloss.cpu.ElementVectors.logitEntropy;
import static dev.batchloss.cpu.ElementVectors.margin;
import static dev.batchloss.cpu.ElementVectors.miss;
import static dev.batchloss.cpu.ElementVectors.power;
import static dev.batchloss.cpu.ElementVectors.product;
import static dev.batchloss.cpu.ElementVectors.sigmoid;
import static dev.batchloss.cpu.ElementVectors.softplusOfMinus;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * f(x, y) of an element plan over arrays: one loop a function, so that each is compiled for itself
 * and no vector becomes an object between them.
 */
final class ElementValues {
  private static final double LN2 = Math.log(2);

  private ElementValues() {}

  /**
   * Fills {@code to} for {@code n} elements, and what the last vector takes besides.
   *
   * @param w the positive weight of each element
   */
  static void run(ElementPlan plan, double[] x, double[] y, double[] w, double[] to, int n) {
    ElementFunction f = plan.function();
    boolean zero = ElementVectors.zeroIsZero(plan);
    switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> binaryOfLogits(zero, x, y, w, to, n);
      case BINARY_CROSS_ENTROPY -> binary(f, zero, x, y, w, to, n);
      case BINARY_FOCAL_LOGITS -> focalOfLogits(f, zero, x, y, to, n);
      case BINARY_FOCAL -> focal(f, zero, x, y, to, n);
      case KL_DIVERGENCE -> divergence(zero, x, y, to, n);
      case KL_DIVERGENCE_LOG_TARGETS -> divergenceOfLogarithms(zero, x, y, to, n);
      case KL_DIVERGENCE_PROBABILITIES -> divergenceOfProbabilities(f, zero, x, y, to, n);
      case SQUARED_ERROR -> squaredError(x, y, to, n);
      case ABSOLUTE_ERROR -> absoluteError(x, y, to, n);
      case ABSOLUTE_PERCENTAGE_ERROR -> percentageError(f, x, y, to, n);
      case SQUARED_LOGARITHMIC_ERROR -> squaredLogarithmicError(f, x, y, to, n);
      case HUBER -> huber(f, x, y, to, n);
      case LOG_COSH -> logCosh(x, y, to, n);
      case POISSON -> poisson(f, zero, x, y, to, n);
      case POISSON_LOGARITHMIC -> poissonOfLogarithms(f, zero, x, y, to, n);
      case HINGE -> hinge(x, y, to, n);
      case SQUARED_HINGE -> squaredHinge(x, y, to, n);
    }
  }

  private static void binaryOfLogits(
      boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      logitEntropy(x, y, w, zero).intoArray(to, i);
    }
  }

  private static void binary(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      entropy(clip(x, f), y, w, f, zero).intoArray(to, i);
    }
  }

  private static void focalOfLogits(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector p = sigmoid(x);
      DoubleVector factor = balance(y, f).mul(power(miss(p, sigmoid(x.neg()), y), f.gamma()));
      DoubleVector one = constant(1);
      DoubleVector entropy =
          clips(f) ? entropy(clip(p, f), y, one, f, zero) : logitEntropy(x, y, one, zero);
      factor.mul(entropy).intoArray(to, i);
    }
  }

  private static void focal(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector one = constant(1);
      DoubleVector factor = balance(y, f).mul(power(miss(x, one.sub(x), y), f.gamma()));
      factor.mul(entropy(clip(x, f), y, one, f, zero)).intoArray(to, i);
    }
  }

  private static void divergence(boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector whole = y.mul(DoubleMath.log(y).sub(x));
      DoubleVector none = product(y, x, zero).neg();
      whole.blend(none, y.compare(VectorOperators.EQ, 0.0)).intoArray(to, i);
    }
  }

  private static void divergenceOfLogarithms(
      boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      product(DoubleMath.exp(y), y.sub(x), zero).intoArray(to, i);
    }
  }

  private static void divergenceOfProbabilities(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = clip(y, f);
      product(q, DoubleMath.log(q.div(clip(x, f))), zero).intoArray(to, i);
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

  private static void percentageError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(y).abs().mul(100.0).div(atLeast(y.abs(), f.epsilon())).intoArray(to, i);
    }
  }

  private static void squaredLogarithmicError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = logarithmicError(x, y, f);
      d.mul(d).intoArray(to, i);
    }
  }

  private static void huber(ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y).abs();
      DoubleVector line = d.sub(0.5 * f.delta()).mul(f.delta());
      DoubleVector square = d.mul(d).mul(0.5);
      line.blend(square, d.compare(VectorOperators.LE, f.delta())).mul(f.factor()).intoArray(to, i);
    }
  }

  private static void logCosh(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y).abs();
      DoubleVector t = DoubleMath.expm1(d.neg());
      DoubleVector near = log1p(t.mul(t).div(t.add(1.0).mul(2.0)));
      DoubleVector far = d.add(softplusOfMinus(d.add(d))).sub(LN2);
      far.blend(near, d.compare(VectorOperators.LT, 1.0)).intoArray(to, i);
    }
  }

  private static void poisson(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(product(y, DoubleMath.log(x.add(f.epsilon())), zero))
          .add(targetTerm(y, f))
          .intoArray(to, i);
    }
  }

  private static void poissonOfLogarithms(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleMath.exp(x).sub(product(y, x, zero)).add(targetTerm(y, f)).intoArray(to, i);
    }
  }

  private static void hinge(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      margin(x, y).intoArray(to, i);
    }
  }

  private static void squaredHinge(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector margin = margin(x, y);
      margin.mul(margin).intoArray(to, i);
    }
  }

  /** Stirling's approximation of ln y!, for y above 1. */
  private static DoubleVector targetTerm(DoubleVector y, ElementFunction f) {
    if (f.targetTerm() == 0) {
      return constant(0);
    }
    DoubleVector term =
        y.mul(DoubleMath.log(y)).sub(y).add(DoubleMath.log(y.mul(2 * Math.PI)).mul(0.5));
    return term.mul(f.targetTerm()).blend(0.0, y.compare(VectorOperators.LE, 1.0));
  }
}
