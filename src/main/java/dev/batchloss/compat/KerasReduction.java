package dev.batchloss.compat;

import org.jspecify.annotations.Nullable;

/** Keras' reductions. */
enum KerasReduction {
  /** {@code sum_over_batch_size} and {@code mean}: over the number of losses. */
  MEAN,
  /** {@code mean_with_sample_weight}: over the sum of the sample weights, if there are any. */
  MEAN_WITH_SAMPLE_WEIGHT,
  /** {@code sum}. */
  SUM,
  /** {@code none} and None. */
  NONE;

  /**
   * Returns what a word means; null is None.
   *
   * @throws IllegalArgumentException if Keras does not know it
   */
  static KerasReduction named(@Nullable String name) {
    return switch (name) {
      case "sum_over_batch_size", "mean" -> MEAN;
      case "mean_with_sample_weight" -> MEAN_WITH_SAMPLE_WEIGHT;
      case "sum" -> SUM;
      case "none" -> NONE;
      case null -> NONE;
      default ->
          throw new IllegalArgumentException(
              ("Invalid value for argument `reduction`: it is '%s', must be one of mean,"
                      + " mean_with_sample_weight, none, sum, sum_over_batch_size or null")
                  .formatted(name));
    };
  }
}
