package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ZeroTimesInfinity;

/**
 * Collects the options that every loss of elements has; a subclass adds those of one loss.
 *
 * @param <B> the subclass
 */
public abstract class ElementLossBuilder<B extends ElementLossBuilder<B>> extends LossBuilder<B> {
  private ClassReduction classReduction;
  private ZeroTimesInfinity zeroTimesInfinity = ZeroTimesInfinity.ZERO;

  ElementLossBuilder(ClassReduction classReduction) {
    this.classReduction = classReduction;
  }

  /** How the elements of a row become its loss. */
  public B classReduction(ClassReduction way) {
    this.classReduction = way;
    return self();
  }

  /** What a coefficient of 0 makes of an infinite term; 0 unless said. */
  public B zeroTimesInfinity(ZeroTimesInfinity value) {
    this.zeroTimesInfinity = value;
    return self();
  }

  ElementOptions options() {
    return new ElementOptions(classReduction, reduction, emptyMean, zeroTimesInfinity);
  }
}
