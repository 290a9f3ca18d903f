package dev.batchloss.cli;

import dev.batchloss.Metric;
import dev.batchloss.evaluate.FileEvaluation;
import dev.batchloss.loss.Loss;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that say which loss is computed, and their values as the loss takes them. */
final class LossOptions {
  private static final List<String> USUAL_METRICS =
      List.of("accuracy", "top5", "perplexity", "entropy");

  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      description = "The loss, cross-entropy unless given; 'batchloss losses' lists them all.")
  private @Nullable String name;

  /** Gives the command the options of every loss. */
  static void addTo(CommandLine command) {
    ArgGroupSpec.Builder options =
        ArgGroupSpec.builder()
            .heading("%nOptions of the losses ('batchloss losses' tells which takes which):%n")
            .exclusive(false)
            .validate(false);
    LossCatalog.options().forEach(option -> options.addArg(option.spec()));
    command.getCommandSpec().addArgGroup(options.build());
  }

  /**
   * Returns what is known of the loss that was asked for.
   *
   * @throws ParameterException if there is none of that name
   */
  LossEntry entry() {
    if (name == null) {
      return LossCatalog.entries().getFirst();
    }
    return LossCatalog.named(name)
        .orElseThrow(
            () ->
                refused(
                    "unknown loss '%s', known are %s"
                        .formatted(name, String.join(", ", LossCatalog.names()))));
  }

  /**
   * Gives the evaluation the loss and the files that belong to it.
   *
   * @throws ParameterException if an option is out of range, or the loss does not take it or such
   *     predictions or targets
   */
  void applyTo(FileEvaluation.Builder evaluation, PredictionKind predictions) {
    LossEntry entry = entry();
    if (!entry.inputs().contains(predictions)) {
      throw refused(
          "%s takes no %s: the file is one of %s"
              .formatted(
                  entry.name(),
                  predictions.option(),
                  String.join(", ", entry.inputs().stream().map(PredictionKind::option).toList())));
    }
    Map<String, Object> given = given(entry);
    evaluation.loss(build(entry, new LossArguments(predictions, entry.options(), given)));
    for (LossOption<?> option : entry.options()) {
      if (option.application() != null && given.get(option.name()) instanceof String file) {
        option.application().accept(evaluation, file);
      }
    }
  }

  /**
   * Returns the metrics of the names, or without names the usual ones that the loss has.
   *
   * @throws ParameterException if one means nothing for the loss
   * @throws IllegalArgumentException if there is none of a name
   */
  List<Metric> metrics(@Nullable List<String> names) {
    LossEntry entry = entry();
    List<Metric> metrics = new ArrayList<>();
    if (names == null) {
      USUAL_METRICS.stream()
          .map(Metric::named)
          .filter(metric -> entry.metrics().contains(metric.kind()))
          .forEach(metrics::add);
      return metrics;
    }
    for (String each : names) {
      Metric metric = Metric.named(each.strip());
      if (!entry.metrics().contains(metric.kind())) {
        throw refused(
            "the metric %s means nothing for the loss %s".formatted(metric.name(), entry.name()));
      }
      metrics.add(metric);
    }
    return metrics;
  }

  /** The values that were given, by the option's name. */
  private Map<String, Object> given(LossEntry entry) {
    ParseResult parsed = spec.commandLine().getParseResult();
    List<String> taken = entry.options().stream().map(LossOption::name).toList();
    Map<String, Object> given = new HashMap<>();
    for (LossOption<?> option : LossCatalog.options()) {
      if (parsed.hasMatchedOption(option.name())) {
        if (!taken.contains(option.name())) {
          throw refused(
              "%s takes no %s; its options are %s"
                  .formatted(entry.name(), option.name(), String.join(", ", taken)));
        }
        given.put(option.name(), parsed.matchedOptionValue(option.name(), null));
      }
    }
    return given;
  }

  private Loss build(LossEntry entry, LossArguments arguments) {
    try {
      return entry.builder().apply(arguments);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), withOptionName(entry, String.valueOf(e.getMessage())), e);
    }
  }

  /** A loss speaks of its components, this command of its options. */
  private static String withOptionName(LossEntry entry, String message) {
    for (LossOption<?> option : entry.options()) {
      String component = option.component() + " ";
      if (message.startsWith(component)) {
        return option.name() + message.substring(component.length() - 1);
      }
    }
    return message;
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
