package dev.batchloss.cli;

import dev.batchloss.plan.InputKind;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the numbers of the predictions are: each has an option that names their file. */
enum PredictionKind {
  /** Logits. */
  LOGITS(InputKind.LOGITS),
  /** Probabilities. */
  PROBABILITIES(InputKind.PROBABILITIES),
  /** Logarithms of probabilities. */
  LOG_PROBABILITIES(InputKind.LOG_PROBABILITIES),
  /** The very numbers that the targets are held against. */
  PREDICTIONS(null);

  private final @Nullable InputKind input;

  PredictionKind(@Nullable InputKind input) {
    this.input = input;
  }

  /**
   * Returns the same for losses that tell such inputs apart.
   *
   * @throws IllegalStateException for {@link #PREDICTIONS}
   */
  InputKind input() {
    if (input == null) {
      throw new IllegalStateException(this + " are no input of a loss of distributions");
    }
    return input;
  }

  /** Returns the name that lists and tables have. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns the option that names the file. */
  String option() {
    return "--" + label();
  }
}
