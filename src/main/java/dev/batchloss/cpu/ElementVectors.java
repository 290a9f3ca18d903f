package dev.batchloss.cpu;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/** What the functions of elements are made of, for vectors of doubles. */
final class ElementVectors {
  private ElementVectors() {}

  static DoubleVector constant(double value) {
    return DoubleVector.broadcast(Lanes.DOUBLE, value);
  }

  static boolean zeroIsZero(ElementPlan plan) {
    return plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO;
  }

  /** coefficient·value, where asked 0 for a coefficient of 0. */
  static DoubleVector product(DoubleVector coefficient, DoubleVector value, boolean zeroIsZero) {
    DoubleVector product = coefficient.mul(value);
    return zeroIsZero ? product.blend(0.0, coefficient.compare(VectorOperators.EQ, 0.0)) : product;
  }

  /** log(1 + u) with relative precision: what 1 + u loses comes back by its derivative. */
  static DoubleVector log1p(DoubleVector u) {
    DoubleVector t = u.add(1.0);
    DoubleVector lost = u.sub(t.sub(1.0)).div(t);
    return DoubleMath.log(t).add(lost.blend(0.0, lost.test(VectorOperators.IS_NAN)));
  }

  /** log(1 + e^−|x|). */
  static DoubleVector softplusOfMinus(DoubleVector magnitude) {
    return log1p(DoubleMath.exp(magnitude.neg()));
  }

  /** 1 / (1 + e^−x). */
  static DoubleVector sigmoid(DoubleVector x) {
    DoubleVector e = DoubleMath.exp(x.abs().neg());
    DoubleVector one = constant(1);
    return one.blend(e, x.compare(VectorOperators.LT, 0.0)).div(e.add(1.0));
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
  static DoubleVector power(DoubleVector base, double exponent) {
    return exponent == 0 ? constant(1) : DoubleMath.exp(DoubleMath.log(base).mul(exponent));
  }

  /** −w·y·ln p − (1−y)·ln(1 − p), logarithms not below the floor. */
  static DoubleVector entropy(
      DoubleVector p, DoubleVector y, DoubleVector w, ElementFunction f, boolean zeroIsZero) {
    DoubleVector hit = atLeast(DoubleMath.log(p), f.logFloor());
    DoubleVector miss = atLeast(log1p(p.neg()), f.logFloor());
    return product(w.mul(y), hit, zeroIsZero)
        .neg()
        .sub(product(constant(1).sub(y), miss, zeroIsZero));
  }

  /** −w·y·ln σ(x) − (1−y)·ln(1 − σ(x)), each term with relative precision. */
  static DoubleVector logitEntropy(
      DoubleVector x, DoubleVector y, DoubleVector w, boolean zeroIsZero) {
    DoubleVector both = softplusOfMinus(x.abs());
    DoubleVector positive = x.blend(0.0, x.compare(VectorOperators.LT, 0.0)).add(both);
    DoubleVector negative = x.neg().blend(0.0, x.compare(VectorOperators.GT, 0.0)).add(both);
    DoubleVector sum =
        product(w.mul(y), negative, zeroIsZero)
            .add(product(constant(1).sub(y), positive, zeroIsZero));
    return zeroIsZero
        ? sum
        : sum.blend(Double.NaN, x.compare(VectorOperators.EQ, Double.NEGATIVE_INFINITY));
  }

  /** 1 − (y·p + (1−y)·(1−p)), from p and 1 − p. */
  static DoubleVector miss(DoubleVector p, DoubleVector rest, DoubleVector y) {
    return y.mul(rest).add(constant(1).sub(y).mul(p));
  }

  /** alpha·y + (1−alpha)·(1−y), or 1 without alpha. */
  static DoubleVector balance(DoubleVector y, ElementFunction f) {
    return Double.isNaN(f.alpha())
        ? constant(1)
        : y.mul(f.alpha()).add(constant(1).sub(y).mul(1 - f.alpha()));
  }

  static DoubleVector logarithmicError(DoubleVector x, DoubleVector y, ElementFunction f) {
    return log1p(atLeast(x, f.epsilon())).sub(log1p(atLeast(y, f.epsilon())));
  }

  /** max(0, 1 − y·x). */
  static DoubleVector margin(DoubleVector x, DoubleVector y) {
    DoubleVector margin = constant(1).sub(y.mul(x));
    return margin.blend(0.0, margin.compare(VectorOperators.LT, 0.0));
  }
}
