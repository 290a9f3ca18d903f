package dev.batchloss.cpu;

import dev.batchloss.plan.InputTransform;
import jdk.incubator.vector.DoubleVector;

/** z = softcap·tanh(logitScale·x/softcap) in double, and its derivative; nothing where absent. */
final class Softcap {
  private final InputTransform transform;
  private final double[] single = new double[Lanes.DOUBLES];

  Softcap(InputTransform transform) {
    this.transform = transform;
  }

  /** Whether there is one; without it x serves as z and distances are scaled afterwards. */
  boolean isPresent() {
    return transform.hasSoftcap();
  }

  /** What is left to multiply distances by. */
  double scale() {
    return isPresent() ? 1 : transform.logitScale();
  }

  /** Caps the first {@code n} elements, n being a multiple of the virtual vector. */
  void apply(double[] block, int n) {
    if (!isPresent()) {
      return;
    }
    try {
      double inner = transform.logitScale() / transform.softcap();
      for (int i = 0; i < n; i += Lanes.DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(Lanes.DOUBLE, block, i).mul(inner);
        DoubleVector t = (DoubleVector) DoubleMath.TANH.invokeExact(x);
        t.mul(transform.softcap()).intoArray(block, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Caps one element. */
  double apply(double x) {
    if (!isPresent()) {
      return x;
    }
    single[0] = x;
    apply(single, Lanes.DOUBLES);
    return single[0];
  }

  /** gradient = gradient · dz/dx beyond the scale, for {@code n} capped elements. */
  void multiplyByDerivative(double[] z, double[] gradient, int n) {
    if (!isPresent()) {
      return;
    }
    for (int i = 0; i < n; i++) {
      gradient[i] *= derivative(z[i]);
    }
  }

  /** dz/dx at z, the scale included; 1 where there is no softcap. */
  double derivative(double z) {
    if (!isPresent()) {
      return 1;
    }
    double share = z / transform.softcap();
    return transform.logitScale() * (1 - share * share);
  }
}
