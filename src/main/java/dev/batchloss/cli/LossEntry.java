package dev.batchloss.cli;

import dev.batchloss.Metric;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.TargetKind;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/**
 * A loss as the command line offers it.
 *
 * @param name what {@code --loss} calls it: the loss's own name
 * @param description one sentence
 * @param inputs what the predictions may be
 * @param targets what the targets may be; empty for a loss that takes none
 * @param metrics the kinds of metric that have a meaning besides it
 * @param options what it may be told
 * @param builder makes the loss
 */
record LossEntry(
    String name,
    String description,
    Set<PredictionKind> inputs,
    Set<TargetKind> targets,
    Set<Metric.Kind> metrics,
    List<LossOption<?>> options,
    Function<LossArguments, Loss> builder) {

  static Draft of(String name, String description) {
    return new Draft(name, description);
  }

  List<String> inputNames() {
    return inputs.stream().map(PredictionKind::label).toList();
  }

  List<String> targetNames() {
    return targets.stream().map(kind -> kind.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** Collects what there is to say of a loss. */
  static final class Draft {
    private final String name;
    private final String description;
    private final Set<PredictionKind> inputs = EnumSet.noneOf(PredictionKind.class);
    private final Set<TargetKind> targets = EnumSet.noneOf(TargetKind.class);
    private final Set<Metric.Kind> metrics = EnumSet.noneOf(Metric.Kind.class);
    private List<LossOption<?>> options = List.of();

    private Draft(String name, String description) {
      this.name = name;
      this.description = description;
    }

    Draft inputs(PredictionKind... kinds) {
      Collections.addAll(inputs, kinds);
      return this;
    }

    Draft targets(TargetKind... kinds) {
      Collections.addAll(targets, kinds);
      return this;
    }

    Draft metrics(Set<Metric.Kind> kinds) {
      metrics.addAll(kinds);
      return this;
    }

    Draft options(LossOption<?>... taken) {
      options = List.of(taken);
      return this;
    }

    LossEntry builds(Function<LossArguments, Loss> builder) {
      return new LossEntry(
          name,
          description,
          Collections.unmodifiableSet(inputs),
          Collections.unmodifiableSet(targets),
          Collections.unmodifiableSet(metrics),
          options,
          builder);
    }
  }
}
