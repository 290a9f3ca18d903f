package dev.batchloss.loss;

import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;

/** Inputs of which nothing but their kind is said. */
final class PlainInput {
  private PlainInput() {}

  /**
   * Logits as they are; log-probabilities, not checked; probabilities, neither normalised nor
   * clipped, refused outside 0..1 or where a row does not sum to 1.
   */
  static InputTransform transform(InputKind kind) {
    return switch (kind) {
      case LOGITS -> InputTransform.logits(1, Double.POSITIVE_INFINITY);
      case LOG_PROBABILITIES -> InputTransform.logProbabilities();
      case PROBABILITIES ->
          InputTransform.probabilities(
              Normalization.NONE, 0, Double.POSITIVE_INFINITY, CrossEntropy.SUM_TOLERANCE);
    };
  }
}
