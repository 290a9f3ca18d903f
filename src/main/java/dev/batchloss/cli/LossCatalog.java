package dev.batchloss.cli;

import static dev.batchloss.cli.PredictionKind.LOGITS;
import static dev.batchloss.cli.PredictionKind.LOG_PROBABILITIES;
import static dev.batchloss.cli.PredictionKind.PROBABILITIES;

import dev.batchloss.Metric;
import dev.batchloss.evaluate.FileEvaluation;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetKind;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Every loss that the command line offers, and every option that says something of one. */
final class LossCatalog {
  private static final LossOption<String> SAMPLE_WEIGHTS =
      LossOption.file(
          "--sample-weights",
          "One weight a row, in the shape of class targets.",
          FileEvaluation.Builder::sampleWeights);
  private static final LossOption<String> CLASS_WEIGHTS =
      LossOption.file(
          "--class-weights", "One weight a class.", FileEvaluation.Builder::classWeights);
  private static final LossOption<Long> IGNORE_INDEX =
      LossOption.integer("--ignore-index", "N", "Rows with this class target contribute nothing.");
  private static final LossOption<Double> LABEL_SMOOTHING =
      LossOption.number(
          "--label-smoothing",
          "E",
          "The share of the target, 0..1, that is spread over all classes.");
  private static final LossOption<Double> Z_LOSS =
      LossOption.number(
          "--z-loss", "L", "Adds L times the squared log-sum-exp to each row; logits only.");
  private static final LossOption<Double> LOGIT_SCALE =
      LossOption.number(
          "--logit-scale", "S", "Multiplies the logits, an inverse temperature; logits only.");
  private static final LossOption<Double> SOFTCAP =
      LossOption.number(
          "--softcap", "S", "Bounds the logits to S by S*tanh(x/S), after scaling; logits only.");
  private static final LossOption<Double> GAMMA =
      LossOption.number("--gamma", "G", "The focusing exponent of a focal loss, not negative.");
  private static final LossOption<Double> ALPHA =
      LossOption.number("--alpha", "A", "Multiplies a focal loss; positive.");
  private static final LossOption<Reduction> REDUCTION =
      LossOption.choice(
          "--reduction",
          "R",
          Reduction.class,
          new Choice.OfReduction(),
          Reduction.MEAN,
          "mean or sum of the rows; mean unless given.");
  private static final LossOption<EmptyMean> EMPTY_MEAN =
      LossOption.choice(
          "--empty-mean",
          "V",
          EmptyMean.class,
          new Choice.OfEmptyMean(),
          EmptyMean.NAN,
          "The mean if no row is counted, nan or zero; nan unless given.");

  private static final Set<Metric.Kind> OF_CLASSIFIERS = EnumSet.allOf(Metric.Kind.class);
  private static final Set<Metric.Kind> WITHOUT_TARGETS = EnumSet.of(Metric.Kind.ENTROPY);

  /** The first is the one where none is asked for. */
  private static final List<LossEntry> ENTRIES =
      List.of(
          LossEntry.of("cross-entropy", "Cross-entropy of the predicted distribution.")
              .inputs(LOGITS, PROBABILITIES, LOG_PROBABILITIES)
              .targets(TargetKind.CLASSES, TargetKind.PROBABILITIES)
              .metrics(OF_CLASSIFIERS)
              .options(
                  SAMPLE_WEIGHTS,
                  CLASS_WEIGHTS,
                  IGNORE_INDEX,
                  LABEL_SMOOTHING.defaulting(0.0),
                  Z_LOSS.defaulting(0.0),
                  LOGIT_SCALE.defaulting(1.0),
                  SOFTCAP,
                  REDUCTION,
                  EMPTY_MEAN)
              .builds(
                  given -> {
                    CrossEntropy.Builder builder =
                        CrossEntropy.builder()
                            .input(given.input())
                            .labelSmoothing(given.get(LABEL_SMOOTHING))
                            .zLoss(given.get(Z_LOSS))
                            .logitScale(given.get(LOGIT_SCALE))
                            .reduction(given.get(REDUCTION))
                            .emptyMean(given.get(EMPTY_MEAN));
                    given.ifGiven(IGNORE_INDEX, builder::ignoreIndex);
                    given.ifGiven(SOFTCAP, builder::softcap);
                    return builder.build();
                  }),
          LossEntry.of("negative-log-likelihood", "Minus the log-probability of the target.")
              .inputs(LOG_PROBABILITIES)
              .targets(TargetKind.CLASSES, TargetKind.PROBABILITIES)
              .metrics(OF_CLASSIFIERS)
              .options(SAMPLE_WEIGHTS, CLASS_WEIGHTS, IGNORE_INDEX, REDUCTION, EMPTY_MEAN)
              .builds(
                  given -> {
                    NegativeLogLikelihood.Builder builder =
                        NegativeLogLikelihood.builder()
                            .reduction(given.get(REDUCTION))
                            .emptyMean(given.get(EMPTY_MEAN));
                    given.ifGiven(IGNORE_INDEX, builder::ignoreIndex);
                    return builder.build();
                  }),
          LossEntry.of(
                  "softmax-focal", "Cross-entropy times (1-p)^gamma, p that of the target class.")
              .inputs(LOGITS, PROBABILITIES, LOG_PROBABILITIES)
              .targets(TargetKind.CLASSES)
              .metrics(OF_CLASSIFIERS)
              .options(
                  GAMMA.defaulting(SoftmaxFocal.DEFAULT_GAMMA),
                  ALPHA.defaulting(1.0),
                  SAMPLE_WEIGHTS,
                  CLASS_WEIGHTS,
                  IGNORE_INDEX,
                  REDUCTION,
                  EMPTY_MEAN)
              .builds(
                  given -> {
                    SoftmaxFocal.Builder builder =
                        SoftmaxFocal.builder()
                            .input(given.input())
                            .gamma(given.get(GAMMA))
                            .alpha(given.get(ALPHA))
                            .reduction(given.get(REDUCTION))
                            .emptyMean(given.get(EMPTY_MEAN));
                    given.ifGiven(IGNORE_INDEX, builder::ignoreIndex);
                    return builder.build();
                  }),
          LossEntry.of(
                  "softmax-kl-divergence",
                  "KL divergence of the predicted distribution from the target distribution.")
              .inputs(LOGITS, PROBABILITIES, LOG_PROBABILITIES)
              .targets(TargetKind.PROBABILITIES)
              .metrics(OF_CLASSIFIERS)
              .options(SAMPLE_WEIGHTS, REDUCTION, EMPTY_MEAN)
              .builds(
                  given ->
                      SoftmaxKlDivergence.builder()
                          .input(given.input())
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()),
          LossEntry.of("softmax-entropy", "Entropy of the predicted distribution, in nats.")
              .inputs(LOGITS, PROBABILITIES, LOG_PROBABILITIES)
              .metrics(WITHOUT_TARGETS)
              .options(REDUCTION, EMPTY_MEAN)
              .builds(
                  given ->
                      SoftmaxEntropy.builder()
                          .input(given.input())
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()));

  private LossCatalog() {}

  /** Returns the losses in the order in which they are listed. */
  static List<LossEntry> entries() {
    return ENTRIES;
  }

  /** Returns the names, in the same order. */
  static List<String> names() {
    return ENTRIES.stream().map(LossEntry::name).toList();
  }

  static Optional<LossEntry> named(String name) {
    return ENTRIES.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /** Returns every option once, in the order in which the losses have them. */
  static List<LossOption<?>> options() {
    Map<String, LossOption<?>> options = new LinkedHashMap<>();
    for (LossEntry entry : ENTRIES) {
      entry.options().forEach(option -> options.putIfAbsent(option.name(), option));
    }
    return List.copyOf(options.values());
  }
}
