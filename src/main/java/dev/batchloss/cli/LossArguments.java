package dev.batchloss.cli;

import dev.batchloss.plan.InputKind;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/** What a loss is built from: the kind of the predictions and the values of its options. */
final class LossArguments {
  private final PredictionKind predictions;
  private final List<LossOption<?>> options;
  private final Map<String, Object> given;

  /**
   * @param options those that the loss takes, with its defaults
   * @param given the values that were given, by the option's name
   */
  LossArguments(
      PredictionKind predictions, List<LossOption<?>> options, Map<String, Object> given) {
    this.predictions = predictions;
    this.options = options;
    this.given = Map.copyOf(given);
  }

  PredictionKind predictions() {
    return predictions;
  }

  /** Returns the same for losses that tell logits, probabilities and their logarithms apart. */
  InputKind input() {
    return predictions.input();
  }

  /** Returns what was given, else the loss's default. */
  <T> T get(LossOption<T> option) {
    Object value = given.getOrDefault(option.name(), defaultOf(option));
    if (value == null) {
      throw new NoSuchElementException(option.name() + " is absent and has no default");
    }
    return option.type().cast(value);
  }

  /** Hands over what was given, and nothing if nothing was. */
  <T> void ifGiven(LossOption<T> option, Consumer<T> consumer) {
    Object value = given.get(option.name());
    if (value != null) {
      consumer.accept(option.type().cast(value));
    }
  }

  private Object defaultOf(LossOption<?> option) {
    for (LossOption<?> taken : options) {
      if (taken.name().equals(option.name())) {
        return taken.defaultValue();
      }
    }
    throw new IllegalArgumentException("the loss does not list " + option.name());
  }
}
