package dev.batchloss.cpu;

import dev.batchloss.plan.ElementFunction;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What the functions of elements are made of besides transcendental functions, for vectors of
 * doubles.
 */
final class ElementVectors {
  static final MethodHandle PRODUCT = VectorFunction.of(MethodHandles.lookup(), "product");
  static final MethodHandle SIGMOID = VectorFunction.of(MethodHandles.lookup(), "sigmoid");
  static final MethodHandle CLIP = VectorFunction.of(MethodHandles.lookup(), "clip");
  static final MethodHandle UNLESS_CLIPPED =
      VectorFunction.of(MethodHandles.lookup(), "unlessClipped");
  static final MethodHandle AT_LEAST = VectorFunction.of(MethodHandles.lookup(), "atLeast");
  static final MethodHandle ENTROPY = VectorFunction.of(MethodHandles.lookup(), "entropy");
  static final MethodHandle ENTROPY_SLOPE =
      VectorFunction.of(MethodHandles.lookup(), "entropySlope");
  static final MethodHandle LOGIT_ENTROPY =
      VectorFunction.of(MethodHandles.lookup(), "logitEntropy");
  static final MethodHandle MISS = VectorFunction.of(MethodHandles.lookup(), "miss");
  static final MethodHandle BALANCE = VectorFunction.of(MethodHandles.lookup(), "balance");
  static final MethodHandle MARGIN = VectorFunction.of(MethodHandles.lookup(), "margin");
  static final MethodHandle SIGN = VectorFunction.of(MethodHandles.lookup(), "sign");

  private ElementVectors() {}

  /** coefficient·value, where asked 0 for a coefficient of 0. */
  static DoubleVector product(DoubleVector coefficient, DoubleVector value, boolean zeroIsZero) {
    DoubleVector product = coefficient.mul(value);
    return zeroIsZero ? product.blend(0.0, coefficient.compare(VectorOperators.EQ, 0.0)) : product;
  }

  /**
   * 1 / (1 + e^−x).
   *
   * @param e e^−|x|
   */
  static DoubleVector sigmoid(DoubleVector x, DoubleVector e) {
    return DoubleVector.broadcast(Lanes.DOUBLE, 1)
        .blend(e, x.compare(VectorOperators.LT, 0.0))
        .div(e.add(1.0));
  }

  static DoubleVector clip(DoubleVector p, ElementFunction f) {
    DoubleVector raised = p.blend(f.clipLow(), p.compare(VectorOperators.LT, f.clipLow()));
    return raised.blend(f.clipHigh(), raised.compare(VectorOperators.GT, f.clipHigh()));
  }

  /** The slope where nothing was clipped, else 0. */
  static DoubleVector unlessClipped(DoubleVector slope, DoubleVector p, ElementFunction f) {
    return slope
        .blend(0.0, p.compare(VectorOperators.LT, f.clipLow()))
        .blend(0.0, p.compare(VectorOperators.GT, f.clipHigh()));
  }

  static DoubleVector atLeast(DoubleVector x, double least) {
    return x.blend(least, x.compare(VectorOperators.LT, least));
  }

  /**
   * −w·y·ln p − (1−y)·ln(1 − p), logarithms not below the floor.
   *
   * @param log ln p
   * @param logOfRest ln(1 − p)
   */
  static DoubleVector entropy(
      DoubleVector log,
      DoubleVector logOfRest,
      DoubleVector y,
      DoubleVector w,
      ElementFunction f,
      boolean zeroIsZero)
      throws Throwable {
    DoubleVector hit = (DoubleVector) AT_LEAST.invokeExact(log, f.logFloor());
    DoubleVector miss = (DoubleVector) AT_LEAST.invokeExact(logOfRest, f.logFloor());
    return ((DoubleVector) PRODUCT.invokeExact(w.mul(y), hit, zeroIsZero))
        .neg()
        .sub(
            (DoubleVector)
                PRODUCT.invokeExact(
                    DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y), miss, zeroIsZero));
  }

  /** The derivative of {@link #entropy} with respect to what p was clipped from. */
  static DoubleVector entropySlope(
      DoubleVector x, DoubleVector y, DoubleVector w, ElementFunction f, boolean zeroIsZero)
      throws Throwable {
    DoubleVector rest = DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(x);
    if (f.slopeFloor() > 0) {
      DoubleVector numerator =
          DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y).mul(x).sub(w.mul(y).mul(rest));
      return numerator.div((DoubleVector) AT_LEAST.invokeExact(x.mul(rest), f.slopeFloor()));
    }
    DoubleVector slope =
        ((DoubleVector)
                PRODUCT.invokeExact(
                    DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y),
                    DoubleVector.broadcast(Lanes.DOUBLE, 1).div(rest),
                    zeroIsZero))
            .sub(
                (DoubleVector)
                    PRODUCT.invokeExact(
                        w.mul(y), DoubleVector.broadcast(Lanes.DOUBLE, 1).div(x), zeroIsZero));
    return (DoubleVector) UNLESS_CLIPPED.invokeExact(slope, x, f);
  }

  /**
   * −w·y·ln σ(x) − (1−y)·ln(1 − σ(x)), each term with relative precision.
   *
   * @param both ln(1 + e^−|x|), a part of each logarithm
   */
  static DoubleVector logitEntropy(
      DoubleVector x, DoubleVector both, DoubleVector y, DoubleVector w, boolean zeroIsZero)
      throws Throwable {
    DoubleVector positive = x.blend(0.0, x.compare(VectorOperators.LT, 0.0)).add(both);
    DoubleVector negative = x.neg().blend(0.0, x.compare(VectorOperators.GT, 0.0)).add(both);
    DoubleVector sum =
        ((DoubleVector) PRODUCT.invokeExact(w.mul(y), negative, zeroIsZero))
            .add(
                (DoubleVector)
                    PRODUCT.invokeExact(
                        DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y), positive, zeroIsZero));
    return zeroIsZero
        ? sum
        : sum.blend(Double.NaN, x.compare(VectorOperators.EQ, Double.NEGATIVE_INFINITY));
  }

  /** 1 − (y·p + (1−y)·(1−p)), from p and 1 − p. */
  static DoubleVector miss(DoubleVector p, DoubleVector rest, DoubleVector y) {
    return y.mul(rest).add(DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y).mul(p));
  }

  /** alpha·y + (1−alpha)·(1−y), or 1 without alpha. */
  static DoubleVector balance(DoubleVector y, ElementFunction f) {
    if (Double.isNaN(f.alpha())) {
      // A constant that meets what is computed has to be an object, and so has the other.
      return DoubleVector.broadcast(Lanes.DOUBLE, 1);
    }
    return y.mul(f.alpha()).add(DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y).mul(1 - f.alpha()));
  }

  /** max(0, 1 − y·x). */
  static DoubleVector margin(DoubleVector x, DoubleVector y) {
    DoubleVector margin = DoubleVector.broadcast(Lanes.DOUBLE, 1).sub(y.mul(x));
    return margin.blend(0.0, margin.compare(VectorOperators.LT, 0.0));
  }

  /** −1, 0 or 1; NaN for NaN. */
  static DoubleVector sign(DoubleVector d) {
    return d.blend(1.0, d.compare(VectorOperators.GT, 0.0))
        .blend(-1.0, d.compare(VectorOperators.LT, 0.0));
  }
}
