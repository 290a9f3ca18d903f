package dev.batchloss.cli;

import static dev.batchloss.cli.PredictionKind.LOGITS;
import static dev.batchloss.cli.PredictionKind.PREDICTIONS;
import static dev.batchloss.cli.SharedOptions.EMPTY_MEAN;
import static dev.batchloss.cli.SharedOptions.EPSILON;
import static dev.batchloss.cli.SharedOptions.REDUCTION;
import static dev.batchloss.cli.SharedOptions.SAMPLE_WEIGHTS;
import static dev.batchloss.cli.SharedOptions.TEMPERATURE;

import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.plan.TargetKind;
import java.util.List;

/** The losses that compare a row of the predictions with a row of target values. */
final class PairLosses {
  private static final LossOption<Boolean> REVERSE =
      LossOption.flag(
          "--reverse", "Takes the divergence of the predictions' distribution from the targets'.");
  private static final LossOption<Double> FACTOR =
      LossOption.number("--factor", "F", "Multiplies the loss.");

  static final List<LossEntry> ENTRIES =
      List.of(
          LossEntry.of(
                  "logits-kl-divergence",
                  "KL divergence between the distributions of two sets of logits.")
              .inputs(LOGITS)
              .targets(TargetKind.VALUES)
              .options(
                  TEMPERATURE.defaulting(1.0),
                  REVERSE,
                  FACTOR.defaulting(1.0),
                  SAMPLE_WEIGHTS,
                  REDUCTION,
                  EMPTY_MEAN)
              .builds(
                  given ->
                      LogitsKlDivergence.builder()
                          .temperature(given.get(TEMPERATURE))
                          .direction(
                              given.get(REVERSE)
                                  ? LogitsKlDivergence.Direction.REVERSE
                                  : LogitsKlDivergence.Direction.FORWARD)
                          .factor(given.get(FACTOR))
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()),
          LossEntry.of(
                  "jensen-shannon",
                  "Jensen-Shannon divergence between the distributions of two sets of logits.")
              .inputs(LOGITS)
              .targets(TargetKind.VALUES)
              .options(TEMPERATURE.defaulting(1.0), SAMPLE_WEIGHTS, REDUCTION, EMPTY_MEAN)
              .builds(
                  given ->
                      JensenShannon.builder()
                          .temperature(given.get(TEMPERATURE))
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()),
          LossEntry.of("cosine-similarity", "Minus the cosine of the angle between two rows.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(EPSILON.defaulting(1e-7), SAMPLE_WEIGHTS, REDUCTION, EMPTY_MEAN)
              .builds(
                  given ->
                      CosineSimilarity.builder()
                          .epsilon(given.get(EPSILON))
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()),
          LossEntry.of(
                  "categorical-hinge", "Hinge between the class of a one-hot row and the rest.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(SAMPLE_WEIGHTS, REDUCTION, EMPTY_MEAN)
              .builds(
                  given ->
                      CategoricalHinge.builder()
                          .reduction(given.get(REDUCTION))
                          .emptyMean(given.get(EMPTY_MEAN))
                          .build()));

  private PairLosses() {}
}
