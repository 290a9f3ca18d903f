package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.atLeast;
import static dev.batchloss.cpu.ElementVectors.balance;
import static dev.batchloss.cpu.ElementVectors.clip;
import static dev.batchloss.cpu.ElementVectors.clips;
import static dev.batchloss.cpu.ElementVectors.constant;
import static dev.batchloss.cpu.ElementVectors.entropy;
import static dev.batchloss.cpu.ElementVectors.logarithmicError;
import static dev.batchloss.cpu.ElementVectors.logitEntropy;
import static dev.batchloss.cpu.ElementVectors.margin;
import static dev.batchloss.cpu.ElementVectors.miss;
import static dev.batchloss.cpu.ElementVectors.power;
import static dev.batchloss.cpu.ElementVectors.product;
import static dev.batchloss.cpu.ElementVectors.sigmoid;
import static dev.batchloss.cpu.ElementVectors.unlessClipped;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * df/dx of an element plan over arrays, in the manner of {@link ElementValues}; NaN where an
 * argument is.
 */
final class ElementSlopes {

  private ElementSlopes() {}

  /**
   * Fills {@code to} for {@code n} elements, and what the last vector takes besides.
   *
   * @param w the positive weight of each element
   */
  static void run(ElementPlan plan, double[] x, double[] y, double[] w, double[] to, int n) {
    ElementFunction f = plan.function();
    boolean zero = ElementVectors.zeroIsZero(plan);
    switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS -> binaryOfLogits(x, y, w, to, n);
      case BINARY_CROSS_ENTROPY -> binary(f, zero, x, y, w, to, n);
      case BINARY_FOCAL_LOGITS -> focalOfLogits(f, zero, x, y, to, n);
      case BINARY_FOCAL -> focal(f, zero, x, y, to, n);
      case KL_DIVERGENCE -> divergence(y, to, n);
      case KL_DIVERGENCE_LOG_TARGETS -> divergenceOfLogarithms(y, to, n);
      case KL_DIVERGENCE_PROBABILITIES -> divergenceOfProbabilities(f, x, y, to, n);
      case SQUARED_ERROR -> squaredError(x, y, to, n);
      case ABSOLUTE_ERROR -> absoluteError(x, y, to, n);
      case ABSOLUTE_PERCENTAGE_ERROR -> percentageError(f, x, y, to, n);
      case SQUARED_LOGARITHMIC_ERROR -> squaredLogarithmicError(f, x, y, to, n);
      case HUBER -> huber(f, x, y, to, n);
      case LOG_COSH -> logCosh(x, y, to, n);
      case POISSON -> poisson(f, zero, x, y, to, n);
      case POISSON_LOGARITHMIC -> poissonOfLogarithms(x, y, to, n);
      case HINGE -> hinge(x, y, to, n);
      case SQUARED_HINGE -> squaredHinge(x, y, to, n);
    }
    spreadNan(x, to, n);
  }

  private static void binaryOfLogits(double[] xs, double[] ys, double[] ws, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      constant(1).sub(y).mul(sigmoid(x)).sub(w.mul(y).mul(sigmoid(x.neg()))).intoArray(to, i);
    }
  }

  private static void binary(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      entropySlope(x, y, w, f, zero).intoArray(to, i);
    }
  }

  private static void focalOfLogits(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector one = constant(1);
      DoubleVector p = sigmoid(x);
      DoubleVector rest = sigmoid(x.neg());
      DoubleVector entropy =
          clips(f) ? entropy(clip(p, f), y, one, f, zero) : logitEntropy(x, y, one, zero);
      DoubleVector slope =
          clips(f)
              ? entropySlope(p, y, one, f, zero).mul(p.mul(rest))
              : one.sub(y).mul(p).sub(y.mul(rest));
      focalSlope(miss(p, rest, y), y, entropy, p.mul(rest), slope, f).intoArray(to, i);
    }
  }

  private static void focal(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector one = constant(1);
      DoubleVector entropy = entropy(clip(x, f), y, one, f, zero);
      focalSlope(miss(x, one.sub(x), y), y, entropy, one, entropySlope(x, y, one, f, zero), f)
          .intoArray(to, i);
    }
  }

  private static void divergence(double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      y.neg().intoArray(to, i);
    }
  }

  private static void divergenceOfLogarithms(double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleMath.exp(y).neg().intoArray(to, i);
    }
  }

  private static void divergenceOfProbabilities(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector q = clip(y, f);
      DoubleVector slope = q.div(x).neg().blend(0.0, q.compare(VectorOperators.EQ, 0.0));
      unlessClipped(slope, x, f).intoArray(to, i);
    }
  }

  private static void squaredError(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      x.sub(y).mul(2.0).intoArray(to, i);
    }
  }

  private static void absoluteError(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      sign(x.sub(y)).intoArray(to, i);
    }
  }

  private static void percentageError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      sign(x.sub(y)).mul(100.0).div(atLeast(y.abs(), f.epsilon())).intoArray(to, i);
    }
  }

  private static void squaredLogarithmicError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector slope = logarithmicError(x, y, f).mul(2.0).div(x.add(1.0));
      slope.blend(0.0, x.compare(VectorOperators.LT, f.epsilon())).intoArray(to, i);
    }
  }

  private static void huber(ElementFunction f, double[] xs, double[] ys, double[] to, int n) {
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

  private static void logCosh(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleMath.tanh(x.sub(y)).intoArray(to, i);
    }
  }

  private static void poisson(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      constant(1).sub(product(y, constant(1).div(x.add(f.epsilon())), zero)).intoArray(to, i);
    }
  }

  private static void poissonOfLogarithms(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleMath.exp(x).sub(y).intoArray(to, i);
    }
  }

  private static void hinge(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      y.neg().blend(0.0, y.mul(x).compare(VectorOperators.GE, 1.0)).intoArray(to, i);
    }
  }

  private static void squaredHinge(double[] xs, double[] ys, double[] to, int n) {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector twice = margin(x, y).mul(2.0);
      y.neg().mul(twice).intoArray(to, i);
    }
  }

  private static DoubleVector entropySlope(
      DoubleVector x, DoubleVector y, DoubleVector w, ElementFunction f, boolean zero) {
    DoubleVector one = constant(1);
    DoubleVector rest = one.sub(x);
    if (f.slopeFloor() > 0) {
      DoubleVector numerator = one.sub(y).mul(x).sub(w.mul(y).mul(rest));
      return numerator.div(atLeast(x.mul(rest), f.slopeFloor()));
    }
    DoubleVector slope =
        product(one.sub(y), one.div(rest), zero).sub(product(w.mul(y), one.div(x), zero));
    return unlessClipped(slope, x, f);
  }

  /**
   * The derivative of balance·miss^gamma·entropy.
   *
   * @param probabilitySlope dp/dx
   */
  private static DoubleVector focalSlope(
      DoubleVector miss,
      DoubleVector y,
      DoubleVector entropy,
      DoubleVector probabilitySlope,
      DoubleVector entropySlope,
      ElementFunction f) {
    DoubleVector slope = power(miss, f.gamma()).mul(entropySlope);
    if (f.gamma() != 0) {
      DoubleVector turn = constant(1).sub(y.add(y)).mul(probabilitySlope);
      DoubleVector moved = power(miss, f.gamma() - 1).mul(f.gamma()).mul(turn).mul(entropy);
      slope = slope.add(moved.blend(0.0, entropy.compare(VectorOperators.EQ, 0.0)));
    }
    return balance(y, f).mul(slope);
  }

  /** −1, 0 or 1; NaN for NaN. */
  private static DoubleVector sign(DoubleVector d) {
    return d.blend(1.0, d.compare(VectorOperators.GT, 0.0))
        .blend(-1.0, d.compare(VectorOperators.LT, 0.0));
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
