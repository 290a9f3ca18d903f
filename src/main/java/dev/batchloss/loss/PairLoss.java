package dev.batchloss.loss;

import dev.batchloss.plan.PairPlan;

/**
 * A loss that compares a row of the input with the row of target values beside it. The loss of a
 * row is its sample weight times the comparison; MEAN divides by Σ sampleWeight. The gradient is
 * that with respect to the input; the target values are constants.
 */
public sealed interface PairLoss extends Loss
    permits CategoricalHinge, CosineSimilarity, JensenShannon, LogitsKlDivergence {
  @Override
  PairPlan plan();
}
