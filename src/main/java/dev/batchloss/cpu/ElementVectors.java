package dev.batchloss.cpu;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/** What the functions of elements are made of, for vectors of doubles. */
final class ElementVectors {
  static final DoubleVector ONE = DoubleVector.broadcast(Lanes.DOUBLE, 1);
  static final MethodHandle PRODUCT = VectorFunction.of(MethodHandles.lookup(), "product");
  static final MethodHandle LOG1P = VectorFunction.of(MethodHandles.lookup(), "log1p");
  static final MethodHandle SOFTPLUS_OF_MINUS =
      VectorFunction.of(MethodHandles.lookup(), "softplusOfMinus");
  static final MethodHandle SIGMOID = VectorFunction.of(MethodHandles.lookup(), "sigmoid");
  static final MethodHandle CLIP = VectorFunction.of(MethodHandles.lookup(), "clip");
  static final MethodHandle UNLESS_CLIPPED =
      VectorFunction.of(MethodHandles.lookup(), "unlessClipped");
  static final MethodHandle AT_LEAST = VectorFunction.of(MethodHandles.lookup(), "atLeast");
  static final MethodHandle POWER = VectorFunction.of(MethodHandles.lookup(), "power");
  static final MethodHandle ENTROPY = VectorFunction.of(MethodHandles.lookup(), "entropy");
  static final MethodHandle LOGIT_ENTROPY =
      VectorFunction.of(MethodHandles.lookup(), "logitEntropy");
  static final MethodHandle MISS = VectorFunction.of(MethodHandles.lookup(), "miss");
  static final MethodHandle BALANCE = VectorFunction.of(MethodHandles.lookup(), "balance");
  static final MethodHandle LOGARITHMIC_ERROR =
      VectorFunction.of(MethodHandles.lookup(), "logarithmicError");
  static final MethodHandle MARGIN = VectorFunction.of(MethodHandles.lookup(), "margin");

  private ElementVectors() {}

  static boolean zeroIsZero(ElementPlan plan) {
    return plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO;
  }

  /** coefficient·value, where asked 0 for a coefficient of 0. */
  static DoubleVector product(DoubleVector coefficient, DoubleVector value, boolean zeroIsZero) {
    DoubleVector product = coefficient.mul(value);
    return zeroIsZero ? product.blend(0.0, coefficient.compare(VectorOperators.EQ, 0.0)) : product;
  }

  /** log(1 + u) with relative precision: what 1 + u loses comes back by its derivative. */
  static DoubleVector log1p(DoubleVector u) throws Throwable {
    DoubleVector t = u.add(1.0);
    DoubleVector lost = u.sub(t.sub(1.0)).div(t);
    DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(t);
    return log.add(lost.blend(0.0, lost.test(VectorOperators.IS_NAN)));
  }

  /** log(1 + e^−|x|). */
  static DoubleVector softplusOfMinus(DoubleVector magnitude) throws Throwable {
    DoubleVector e = (DoubleVector) DoubleMath.EXP.invokeExact(magnitude.neg());
    return (DoubleVector) LOG1P.invokeExact(e);
  }

  /** 1 / (1 + e^−x). */
  static DoubleVector sigmoid(DoubleVector x) throws Throwable {
    DoubleVector e = (DoubleVector) DoubleMath.EXP.invokeExact(x.abs().neg());
    return ONE.blend(e, x.compare(VectorOperators.LT, 0.0)).div(e.add(1.0));
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

  static boolean clips(ElementFunction f) {
    return f.clipLow() > 0 || f.clipHigh() < Double.POSITIVE_INFINITY;
  }

  static DoubleVector atLeast(DoubleVector x, double least) {
    return x.blend(least, x.compare(VectorOperators.LT, least));
  }

  /** base^exponent of a base that is not negative; 1 for an exponent of 0. */
  static DoubleVector power(DoubleVector base, double exponent) throws Throwable {
    if (exponent == 0) {
      return ONE;
    }
    DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(base);
    return (DoubleVector) DoubleMath.EXP.invokeExact(log.mul(exponent));
  }

  /** −w·y·ln p − (1−y)·ln(1 − p), logarithms not below the floor. */
  static DoubleVector entropy(
      DoubleVector p, DoubleVector y, DoubleVector w, ElementFunction f, boolean zeroIsZero)
      throws Throwable {
    DoubleVector log = (DoubleVector) DoubleMath.LOG.invokeExact(p);
    DoubleVector logOfRest = (DoubleVector) LOG1P.invokeExact(p.neg());
    DoubleVector hit = (DoubleVector) AT_LEAST.invokeExact(log, f.logFloor());
    DoubleVector miss = (DoubleVector) AT_LEAST.invokeExact(logOfRest, f.logFloor());
    return ((DoubleVector) PRODUCT.invokeExact(w.mul(y), hit, zeroIsZero))
        .neg()
        .sub((DoubleVector) PRODUCT.invokeExact(ONE.sub(y), miss, zeroIsZero));
  }

  /** −w·y·ln σ(x) − (1−y)·ln(1 − σ(x)), each term with relative precision. */
  static DoubleVector logitEntropy(
      DoubleVector x, DoubleVector y, DoubleVector w, boolean zeroIsZero) throws Throwable {
    DoubleVector both = (DoubleVector) SOFTPLUS_OF_MINUS.invokeExact(x.abs());
    DoubleVector positive = x.blend(0.0, x.compare(VectorOperators.LT, 0.0)).add(both);
    DoubleVector negative = x.neg().blend(0.0, x.compare(VectorOperators.GT, 0.0)).add(both);
    DoubleVector sum =
        ((DoubleVector) PRODUCT.invokeExact(w.mul(y), negative, zeroIsZero))
            .add((DoubleVector) PRODUCT.invokeExact(ONE.sub(y), positive, zeroIsZero));
    return zeroIsZero
        ? sum
        : sum.blend(Double.NaN, x.compare(VectorOperators.EQ, Double.NEGATIVE_INFINITY));
  }

  /** 1 − (y·p + (1−y)·(1−p)), from p and 1 − p. */
  static DoubleVector miss(DoubleVector p, DoubleVector rest, DoubleVector y) {
    return y.mul(rest).add(ONE.sub(y).mul(p));
  }

  /** alpha·y + (1−alpha)·(1−y), or 1 without alpha. */
  static DoubleVector balance(DoubleVector y, ElementFunction f) {
    return Double.isNaN(f.alpha()) ? ONE : y.mul(f.alpha()).add(ONE.sub(y).mul(1 - f.alpha()));
  }

  static DoubleVector logarithmicError(DoubleVector x, DoubleVector y, ElementFunction f)
      throws Throwable {
    DoubleVector ofX = (DoubleVector) AT_LEAST.invokeExact(x, f.epsilon());
    DoubleVector ofY = (DoubleVector) AT_LEAST.invokeExact(y, f.epsilon());
    DoubleVector log = (DoubleVector) LOG1P.invokeExact(ofX);
    return log.sub((DoubleVector) LOG1P.invokeExact(ofY));
  }

  /** max(0, 1 − y·x). */
  static DoubleVector margin(DoubleVector x, DoubleVector y) {
    DoubleVector margin = ONE.sub(y.mul(x));
    return margin.blend(0.0, margin.compare(VectorOperators.LT, 0.0));
  }
}
