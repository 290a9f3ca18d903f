package dev.batchloss.cli;

import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that say which loss is computed. */
final class LossOptions {
  private static final String CROSS_ENTROPY = "cross-entropy";

  /** What the loss calls its options, and what they are called here. */
  private static final Map<String, String> OPTION_NAMES =
      Map.of(
          "labelSmoothing", "--label-smoothing",
          "zLoss", "--z-loss",
          "logitScale", "--logit-scale",
          "softcap", "--softcap");

  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--loss",
      paramLabel = "LOSS",
      defaultValue = CROSS_ENTROPY,
      description = "The loss; " + CROSS_ENTROPY + " is the only one.")
  private String name;

  @Option(
      names = "--ignore-index",
      paramLabel = "N",
      description = "Rows with this class target contribute nothing.")
  private @Nullable Long ignoreIndex;

  @Option(
      names = "--label-smoothing",
      paramLabel = "E",
      description = "The share of the target, 0..1, that is spread over all classes.")
  private @Nullable Double labelSmoothing;

  @Option(
      names = "--z-loss",
      paramLabel = "L",
      description = "Adds L times the squared log-sum-exp to each row; logits only.")
  private @Nullable Double zLoss;

  @Option(
      names = "--logit-scale",
      paramLabel = "S",
      description = "Multiplies the logits, an inverse temperature; logits only.")
  private @Nullable Double logitScale;

  @Option(
      names = "--softcap",
      paramLabel = "S",
      description = "Bounds the logits to S by S*tanh(x/S), after scaling; logits only.")
  private @Nullable Double softcap;

  @Option(
      names = "--reduction",
      paramLabel = "R",
      converter = Choice.OfReduction.class,
      defaultValue = "mean",
      description = "mean or sum of the rows; ${DEFAULT-VALUE} unless given.")
  private Reduction reduction;

  @Option(
      names = "--empty-mean",
      paramLabel = "V",
      converter = Choice.OfEmptyMean.class,
      defaultValue = "nan",
      description = "The mean if no row is counted, nan or zero; ${DEFAULT-VALUE} unless given.")
  private EmptyMean emptyMean;

  /**
   * Returns the loss.
   *
   * @throws ParameterException if an option is out of range or means nothing for this input
   */
  Loss on(InputKind input) {
    if (!name.equals(CROSS_ENTROPY)) {
      throw new ParameterException(
          spec.commandLine(), "unknown loss '%s', known is %s".formatted(name, CROSS_ENTROPY));
    }
    CrossEntropy.Builder builder =
        CrossEntropy.builder().input(input).reduction(reduction).emptyMean(emptyMean);
    if (ignoreIndex != null) {
      builder.ignoreIndex(ignoreIndex);
    }
    if (labelSmoothing != null) {
      builder.labelSmoothing(labelSmoothing);
    }
    if (zLoss != null) {
      builder.zLoss(zLoss);
    }
    if (logitScale != null) {
      builder.logitScale(logitScale);
    }
    if (softcap != null) {
      builder.softcap(softcap);
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), withOptionNames(e.getMessage()), e);
    }
  }

  private static String withOptionNames(String message) {
    String renamed = message;
    for (Map.Entry<String, String> option : OPTION_NAMES.entrySet()) {
      renamed = renamed.replace(option.getKey(), option.getValue());
    }
    return renamed;
  }
}
