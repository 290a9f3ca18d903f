package dev.batchloss.cpu;

import static dev.batchloss.cpu.ElementVectors.AT_LEAST;
import static dev.batchloss.cpu.ElementVectors.BALANCE;
import static dev.batchloss.cpu.ElementVectors.CLIP;
import static dev.batchloss.cpu.ElementVectors.ENTROPY;
import static dev.batchloss.cpu.ElementVectors.LOGARITHMIC_ERROR;
import static dev.batchloss.cpu.ElementVectors.LOGIT_ENTROPY;
import static dev.batchloss.cpu.ElementVectors.MARGIN;
import static dev.batchloss.cpu.ElementVectors.MISS;
import static dev.batchloss.cpu.ElementVectors.ONE;
import static dev.batchloss.cpu.ElementVectors.POWER;
import static dev.batchloss.cpu.ElementVectors.PRODUCT;
import static dev.batchloss.cpu.ElementVectors.SIGMOID;
import static dev.batchloss.cpu.ElementVectors.UNLESS_CLIPPED;
import static dev.batchloss.cpu.ElementVectors.clips;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * df/dx of an element plan over arrays, in the manner of {@link ElementValues}; NaN where an
 * argument is.
 */
final class ElementSlopes {
  private static final MethodHandle ENTROPY_SLOPE =
      VectorFunction.of(MethodHandles.lookup(), "entropySlope");
  private static final MethodHandle FOCAL_SLOPE =
      VectorFunction.of(MethodHandles.lookup(), "focalSlope");
  private static final MethodHandle SIGN = VectorFunction.of(MethodHandles.lookup(), "sign");

  private ElementSlopes() {}

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
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private static void binaryOfLogits(double[] xs, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ONE.sub(y)
          .mul((DoubleVector) SIGMOID.invokeExact(x))
          .sub(w.mul(y).mul((DoubleVector) SIGMOID.invokeExact(x.neg())))
          .intoArray(to, i);
    }
  }

  private static void binary(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] ws, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector w = DoubleVector.fromArray(Lanes.DOUBLE, ws, i);
      ((DoubleVector) ENTROPY_SLOPE.invokeExact(x, y, w, f, zero)).intoArray(to, i);
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
      DoubleVector slope;
      if (clips(f)) {
        DoubleVector clipped = (DoubleVector) CLIP.invokeExact(p, f);
        entropy = (DoubleVector) ENTROPY.invokeExact(clipped, y, ONE, f, zero);
        DoubleVector inner = (DoubleVector) ENTROPY_SLOPE.invokeExact(p, y, ONE, f, zero);
        slope = inner.mul(p.mul(rest));
      } else {
        entropy = (DoubleVector) LOGIT_ENTROPY.invokeExact(x, y, ONE, zero);
        slope = ONE.sub(y).mul(p).sub(y.mul(rest));
      }
      DoubleVector miss = (DoubleVector) MISS.invokeExact(p, rest, y);
      ((DoubleVector) FOCAL_SLOPE.invokeExact(miss, y, entropy, p.mul(rest), slope, f))
          .intoArray(to, i);
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
      DoubleVector slope = (DoubleVector) ENTROPY_SLOPE.invokeExact(x, y, ONE, f, zero);
      DoubleVector miss = (DoubleVector) MISS.invokeExact(x, ONE.sub(x), y);
      ((DoubleVector) FOCAL_SLOPE.invokeExact(miss, y, entropy, ONE, slope, f)).intoArray(to, i);
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

  private static void divergenceOfProbabilities(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) throws Throwable {
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

  private static void percentageError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) SIGN.invokeExact(x.sub(y)))
          .mul(100.0)
          .div((DoubleVector) AT_LEAST.invokeExact(y.abs(), f.epsilon()))
          .intoArray(to, i);
    }
  }

  private static void squaredLogarithmicError(
      ElementFunction f, double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      DoubleVector slope =
          ((DoubleVector) LOGARITHMIC_ERROR.invokeExact(x, y, f)).mul(2.0).div(x.add(1.0));
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

  private static void logCosh(double[] xs, double[] ys, double[] to, int n) throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ((DoubleVector) DoubleMath.TANH.invokeExact(x.sub(y))).intoArray(to, i);
    }
  }

  private static void poisson(
      ElementFunction f, boolean zero, double[] xs, double[] ys, double[] to, int n)
      throws Throwable {
    for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, xs, i);
      DoubleVector y = DoubleVector.fromArray(Lanes.DOUBLE, ys, i);
      ONE.sub((DoubleVector) PRODUCT.invokeExact(y, ONE.div(x.add(f.epsilon())), zero))
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

  static DoubleVector entropySlope(
      DoubleVector x, DoubleVector y, DoubleVector w, ElementFunction f, boolean zero)
      throws Throwable {
    DoubleVector rest = ONE.sub(x);
    if (f.slopeFloor() > 0) {
      DoubleVector numerator = ONE.sub(y).mul(x).sub(w.mul(y).mul(rest));
      return numerator.div((DoubleVector) AT_LEAST.invokeExact(x.mul(rest), f.slopeFloor()));
    }
    DoubleVector slope =
        ((DoubleVector) PRODUCT.invokeExact(ONE.sub(y), ONE.div(rest), zero))
            .sub((DoubleVector) PRODUCT.invokeExact(w.mul(y), ONE.div(x), zero));
    return (DoubleVector) UNLESS_CLIPPED.invokeExact(slope, x, f);
  }

  /**
   * The derivative of balance·miss^gamma·entropy.
   *
   * @param probabilitySlope dp/dx
   */
  static DoubleVector focalSlope(
      DoubleVector miss,
      DoubleVector y,
      DoubleVector entropy,
      DoubleVector probabilitySlope,
      DoubleVector entropySlope,
      ElementFunction f)
      throws Throwable {
    DoubleVector slope = ((DoubleVector) POWER.invokeExact(miss, f.gamma())).mul(entropySlope);
    if (f.gamma() != 0) {
      DoubleVector turn = ONE.sub(y.add(y)).mul(probabilitySlope);
      DoubleVector moved =
          ((DoubleVector) POWER.invokeExact(miss, f.gamma() - 1))
              .mul(f.gamma())
              .mul(turn)
              .mul(entropy);
      slope = slope.add(moved.blend(0.0, entropy.compare(VectorOperators.EQ, 0.0)));
    }
    return ((DoubleVector) BALANCE.invokeExact(y, f)).mul(slope);
  }

  /** −1, 0 or 1; NaN for NaN. */
  static DoubleVector sign(DoubleVector d) {
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
