package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;

/**
 * A loss that compares an input with target values element by element: f(x, y). The loss of a row
 * is its sample weight times the mean, or the sum, over its classes of elementWeight·f. MEAN
 * divides by Σ sampleWeight, so that without weights and with {@link ClassReduction#MEAN} it is the
 * mean over all elements; element weights never count in a denominator.
 */
public sealed interface ElementLoss extends Loss
    permits BinaryCrossEntropy,
        BinaryFocal,
        Hinge,
        Huber,
        KlDivergence,
        LogCosh,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        Poisson,
        SquaredHinge {

  /** Returns the options that every such loss has. */
  ElementOptions options();

  @Override
  default Reduction reduction() {
    return options().reduction();
  }

  @Override
  default EmptyMean emptyMean() {
    return options().emptyMean();
  }

  @Override
  ElementPlan plan();
}
