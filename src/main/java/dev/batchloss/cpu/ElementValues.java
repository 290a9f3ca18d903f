package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.AT_LEAST;
import static dev.batchloss.cpu.ElementVectors.BALANCE;
import static dev.batchloss.cpu.ElementVectors.CLIP;
import static dev.batchloss.cpu.ElementVectors.ENTROPY;
import static dev.batchloss.cpu.ElementVectors.LOG1P;
import static dev.batchloss.cpu.ElementVectors.LOGARITHMIC_ERROR;
import static dev.batchloss.cpu.ElementVectors.LOGIT_ENTROPY;
import static dev.batchloss.cpu.ElementVectors.MARGIN;
import static dev.batchloss.cpu.ElementVectors.MISS;
import static dev.batchloss.cpu.ElementVectors.ONE;
import static dev.batchloss.cpu.ElementVectors.POWER;
import static dev.batchloss.cpu.ElementVectors.PRODUCT;
import static dev.batchloss.cpu.ElementVectors.SIGMOID;
import static dev.batchloss.cpu.ElementVectors.SOFTPLUS_OF_MINUS;
import static dev.batchloss.cpu.ElementVectors.clips;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * f(x, y) of an element plan over arrays: one loop a function, so that each is compiled for itself
 * and no vector becomes an object between them.
 */
final class ElementValues {
  private static final double LN2 = Math.log(2);
  private static final MethodHandle FOCUSED = VectorFunction.of(MethodHandles.lookup(), "focused");
  private static final MethodHandle TARGET_TERM =
      VectorFunction.of(MethodHandles.lookup(), "targetTerm");

  private ElementValues() {}

  /**
   * Fills {@code to} for {@code n} elements, and what the last vector takes besides.
   *
   * @param w the positive weight of each element
   */
  static void run(ElementPlan plan, double[] x, double[] y, double[] w, double[] to, int n) {
    try {
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
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private static void binaryOfLogits(
      boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) LOGIT_ENTROPY.invokeExact(x, y, w, zero)).intoArray(to, i);
    }
  }

  private static void binary(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) ENTROPY.invokeExact((DoubleVector) CLIP.invokeExact(x, f), y, w, f, zero))
          .intoArray(to, i);
    }
  }

  private static void focalOfLogits(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector p = (DoubleVector) SIGMOID.invokeExact(x);
      DoubleVector rest = (DoubleVector) SIGMOID.invokeExact(x.neg());
      DoubleVector entropy;
      if (clips(f)) {
        DoubleVector clipped = (DoubleVector) CLIP.invokeExact(p, f);
        entropy = (DoubleVector) ENTROPY.invokeExact(clipped, y, ONE, f, zero);
      } else {
        entropy = (DoubleVector) LOGIT_ENTROPY.invokeExact(x, y, ONE, zero);
      }
      DoubleVector miss = (DoubleVector) MISS.invokeExact(p, rest, y);
      ((DoubleVector) FOCUSED.invokeExact(miss, y, entropy, f)).intoArray(to, i);
    }
  }

  private static void focal(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector clipped = (DoubleVector) CLIP.invokeExact(x, f);
      DoubleVector entropy = (DoubleVector) ENTROPY.invokeExact(clipped, y, ONE, f, zero);
      DoubleVector miss = (DoubleVector) MISS.invokeExact(x, ONE.sub(x), y);
      ((DoubleVector) FOCUSED.invokeExact(miss, y, entropy, f)).intoArray(to, i);
    }
  }

  private static void divergence(boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector whole = y.mul(((DoubleVector) DoubleMath.LOG.invokeExact(y)).sub(x));
      DoubleVector none = ((DoubleVector) PRODUCT.invokeExact(y, x, zero)).neg();
      whole.blend(none, y.compare(VectorOperators.EQ, 0.0)).intoArray(to, i);
    }
  }

  private static void divergenceOfLogarithms(
      boolean zero, double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = (DoubleVector) DoubleMath.EXP.invokeExact(y);
      ((DoubleVector) PRODUCT.invokeExact(q, y.sub(x), zero)).intoArray(to, i);
    }
  }

  private static void divergenceOfProbabilities(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
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

  private static void percentageError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector whole = (DoubleVector) AT_LEAST.invokeExact(y.abs(), f.epsilon());
      x.sub(y).abs().mul(100.0).div(whole).intoArray(to, i);
    }
  }

  private static void squaredLogarithmicError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = (DoubleVector) LOGARITHMIC_ERROR.invokeExact(x, y, f);
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

  private static void logCosh(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector d = x.sub(y).abs();
      DoubleVector t = (DoubleVector) DoubleMath.EXPM1.invokeExact(d.neg());
      DoubleVector near = (DoubleVector) LOG1P.invokeExact(t.mul(t).div(t.add(1.0).mul(2.0)));
      DoubleVector far = d.add((DoubleVector) SOFTPLUS_OF_MINUS.invokeExact(d.add(d))).sub(LN2);
      far.blend(near, d.compare(VectorOperators.LT, 1.0)).intoArray(to, i);
    }
  }

  private static void poisson(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(x.add(f.epsilon()));
      x.sub((DoubleVector) PRODUCT.invokeExact(y, log, zero))
          .add((DoubleVector) TARGET_TERM.invokeExact(y, f))
          .intoArray(to, i);
    }
  }

  private static void poissonOfLogarithms(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) DoubleMath.EXP.invokeExact(x))
          .sub((DoubleVector) PRODUCT.invokeExact(y, x, zero))
          .add((DoubleVector) TARGET_TERM.invokeExact(y, f))
          .intoArray(to, i);
    }
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

  /** balance·miss^gamma·entropy. */
  static DoubleVector focused(
      DoubleVector miss, DoubleVector y, DoubleVector entropy, ElementFunction f) throws Throwable {
    DoubleVector balance = (DoubleVector) BALANCE.invokeExact(y, f);
    return balance.mul((DoubleVector) POWER.invokeExact(miss, f.gamma())).mul(entropy);
  }

  /** Stirling's approximation of ln y!, for y above 1. */
  static DoubleVector targetTerm(DoubleVector y, ElementFunction f) throws Throwable {
    if (f.targetTerm() == 0) {
      return DoubleVector.zero(Lanes.DOUBLE);
    }
    DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(y);
    DoubleVector half = (DoubleVector) DoubleMath.LOG.invokeExact(y.mul(2 * Math.PI));
    DoubleVector term = y.mul(log).sub(y).add(half.mul(0.5));
    return term.mul(f.targetTerm()).blend(0.0, y.compare(VectorOperators.LE, 1.0));
  }
}
