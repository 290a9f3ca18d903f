package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;

/**
 * Collects how rows become one number, which every loss can be told; a subclass adds its own
 * options.
 *
 * @param <B> the subclass
 */
public abstract class LossBuilder<B extends LossBuilder<B>> {
  Reduction reduction = Reduction.MEAN;
  EmptyMean emptyMean = EmptyMean.NAN;

  LossBuilder() {}

  /** How the row losses become one number; MEAN unless said. */
  public B reduction(Reduction way) {
    this.reduction = way;
    return self();
  }

  /** What the mean over no counted row is; NaN unless said. */
  public B emptyMean(EmptyMean value) {
    this.emptyMean = value;
    return self();
  }

  abstract B self();
}
