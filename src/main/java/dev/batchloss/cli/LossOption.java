package dev.batchloss.cli;

import dev.batchloss.evaluate.FileEvaluation;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;

/**
 * An option of the command line that says something of a loss. Two of one name are the same option:
 * they may differ in their default, no more.
 *
 * @param name with its dashes
 * @param label what stands for the value in the help
 * @param type of the value; Boolean for one without a value
 * @param converter makes the value of a word, or null for one that picocli knows how to
 * @param defaultValue the value where the option is absent, or null for none
 * @param description one sentence
 * @param application what to do with a file, or null for a value, which the loss is built with
 * @param <T> the value
 */
record LossOption<T>(
    String name,
    String label,
    Class<T> type,
    @Nullable ITypeConverter<T> converter,
    @Nullable T defaultValue,
    String description,
    @Nullable BiConsumer<FileEvaluation.Builder, String> application) {

  /** A number, absent unless {@link #defaulting} says otherwise. */
  static LossOption<Double> number(String name, String label, String description) {
    return new LossOption<>(name, label, Double.class, null, null, description, null);
  }

  /** An integer, absent unless {@link #defaulting} says otherwise. */
  static LossOption<Long> integer(String name, String label, String description) {
    return new LossOption<>(name, label, Long.class, null, null, description, null);
  }

  /** A word without a value: false unless it is there. */
  static LossOption<Boolean> flag(String name, String description) {
    return new LossOption<>(name, "", Boolean.class, null, false, description, null);
  }

  /** One of several words. */
  static <T> LossOption<T> choice(
      String name,
      String label,
      Class<T> type,
      ITypeConverter<T> converter,
      T defaultValue,
      String description) {
    return new LossOption<>(name, label, type, converter, defaultValue, description, null);
  }

  /** A file, which the evaluation reads. */
  static LossOption<String> file(
      String name, String description, BiConsumer<FileEvaluation.Builder, String> application) {
    return new LossOption<>(name, "F", String.class, null, null, description, application);
  }

  /** The same option with another default. */
  LossOption<T> defaulting(T value) {
    return new LossOption<>(name, label, type, converter, value, description, application);
  }

  boolean isFlag() {
    return type == Boolean.class;
  }

  /** Returns the default as it would be typed, or null for none. */
  @Nullable String defaultText() {
    return defaultValue == null ? null : defaultValue.toString().toLowerCase(Locale.ROOT);
  }

  /** Returns what a loss calls it: {@code labelSmoothing} for {@code --label-smoothing}. */
  String component() {
    StringBuilder component = new StringBuilder();
    for (String word : name.substring(2).split("-", -1)) {
      component
          .append(
              component.isEmpty()
                  ? word.substring(0, 1)
                  : word.substring(0, 1).toUpperCase(Locale.ROOT))
          .append(word.substring(1));
    }
    return component.toString();
  }

  /** Returns the option as the parser takes it, which has no default: that is the loss's. */
  OptionSpec spec() {
    OptionSpec.Builder spec =
        OptionSpec.builder(name).type(type).description(description).arity(isFlag() ? "0" : "1");
    if (!isFlag()) {
      spec.paramLabel(label);
    }
    if (converter != null) {
      spec.converters(Objects.requireNonNull(converter));
    }
    return spec.build();
  }
}
