package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import org.jspecify.annotations.Nullable;

/** A loss that may weigh the classes differently. */
public sealed interface ClassWeightedLoss extends Loss
    permits CrossEntropy, GeneralizedCrossEntropy, NegativeLogLikelihood, SoftmaxFocal {
  /** Returns one weight a class, or null for ones. */
  @Nullable ClassWeights classWeights();

  /** The same loss with other class weights. */
  ClassWeightedLoss withClassWeights(ClassWeights weights);
}
