package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ZeroTimesInfinity;

/**
 * Collects the options that every loss of elements has; a subclass adds those of one loss.
 *
 * @param <B> the subclass
 */
public abstract class ElementLossBuilder<B extends ElementLossBuilder<B>> {
  private ClassReduction classReduction;
  private Reduction reduction = Reduction.MEAN;
  private EmptyMean emptyMean = EmptyMean.NAN;
  private ZeroTimesInfinity zeroTimesInfinity = ZeroTimesInfinity.ZERO;

  ElementLossBuilder(ClassReduction classReduction) {
    this.classReduction = classReduction;
  }

  /** How the elements of a row become its loss. */
  public B classReduction(ClassReduction way) {
    this.classReduction = way;
    return self();
  }

  /** How the row losses become one number; MEAN unless said. */
  public B reduction(Reduction way) {
    this.reduction = way;
    return self();
  }

  /** What the mean over no row is; NaN unless said. */
  public B emptyMean(EmptyMean value) {
    this.emptyMean = value;
    return self();
  }

  /** What a coefficient of 0 makes of an infinite term; 0 unless said. */
  public B zeroTimesInfinity(ZeroTimesInfinity value) {
    this.zeroTimesInfinity = value;
    return self();
  }

  abstract B self();

  ElementOptions options() {
    return new ElementOptions(classReduction, reduction, emptyMean, zeroTimesInfinity);
  }
}
