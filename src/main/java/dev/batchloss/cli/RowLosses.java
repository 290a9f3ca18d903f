package dev.batchloss.cli;

import static dev.batchloss.cli.PredictionKind.LOGITS;
import static dev.batchloss.cli.PredictionKind.LOG_PROBABILITIES;
import static dev.batchloss.cli.PredictionKind.PROBABILITIES;
import static dev.batchloss.cli.SharedOptions.ALPHA;
import static dev.batchloss.cli.SharedOptions.CLASS_WEIGHTS;
import static dev.batchloss.cli.SharedOptions.EMPTY_MEAN;
import static dev.batchloss.cli.SharedOptions.GAMMA;
import static dev.batchloss.cli.SharedOptions.IGNORE_INDEX;
import static dev.batchloss.cli.SharedOptions.LABEL_SMOOTHING;
import static dev.batchloss.cli.SharedOptions.REDUCTION;
import static dev.batchloss.cli.SharedOptions.SAMPLE_WEIGHTS;

import dev.batchloss.Metric;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.GeneralizedCrossEntropy;
import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.loss.SoftmaxEntropy;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.loss.SoftmaxKlDivergence;
import dev.batchloss.plan.TargetKind;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The losses of rows that are distributions. */
final class RowLosses {
  private static final LossOption<Double> Z_LOSS =
      LossOption.number(
          "--z-loss", "L", "Adds L times the squared log-sum-exp to each row; logits only.");
  private static final LossOption<Double> LOGIT_SCALE =
      LossOption.number(
          "--logit-scale", "S", "Multiplies the logits, an inverse temperature; logits only.");
  private static final LossOption<Double> SOFTCAP =
      LossOption.number(
          "--softcap", "S", "Bounds the logits to S by S*tanh(x/S), after scaling; logits only.");
  private static final LossOption<Double> Q =
      LossOption.number(
          "--q", "Q", "The exponent of generalized cross-entropy, above 0 and at most 1.");
  private static final Set<Metric.Kind> OF_CLASSIFIERS = EnumSet.allOf(Metric.Kind.class);
  private static final Set<Metric.Kind> WITHOUT_TARGETS = EnumSet.of(Metric.Kind.ENTROPY);

  static final List<LossEntry> ENTRIES =
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
          LossEntry.of("generalized-cross-entropy", "(1-p^q)/q, p the target class' probability.")
              .inputs(LOGITS, PROBABILITIES, LOG_PROBABILITIES)
              .targets(TargetKind.CLASSES)
              .metrics(OF_CLASSIFIERS)
              .options(
                  Q.defaulting(GeneralizedCrossEntropy.DEFAULT_Q),
                  SAMPLE_WEIGHTS,
                  CLASS_WEIGHTS,
                  IGNORE_INDEX,
                  REDUCTION,
                  EMPTY_MEAN)
              .builds(
                  given -> {
                    GeneralizedCrossEntropy.Builder builder =
                        GeneralizedCrossEntropy.builder()
                            .input(given.input())
                            .q(given.get(Q))
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

  private RowLosses() {}
}
