package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.Reduction;
import java.io.Serializable;

/** What to compute, with every option that changes its value. Immutable, compared by value. */
public sealed interface Loss extends Serializable
    permits ClassWeightedLoss, ElementLoss, PairLoss, SoftmaxEntropy, SoftmaxKlDivergence {
  /** Returns the name the command line knows it by. */
  String name();

  /** Returns how row losses become one number. */
  Reduction reduction();

  /** Returns what a mean over nothing is. */
  EmptyMean emptyMean();

  /** The same loss, reduced otherwise. */
  Loss withReduction(Reduction reduction);

  /** Lowers the loss to what a backend runs. */
  Plan plan();
}
