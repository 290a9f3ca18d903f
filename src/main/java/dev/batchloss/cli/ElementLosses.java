package dev.batchloss.cli;

import static dev.batchloss.cli.PredictionKind.LOGITS;
import static dev.batchloss.cli.PredictionKind.LOG_PROBABILITIES;
import static dev.batchloss.cli.PredictionKind.PREDICTIONS;
import static dev.batchloss.cli.PredictionKind.PROBABILITIES;
import static dev.batchloss.cli.SharedOptions.ALPHA;
import static dev.batchloss.cli.SharedOptions.CLASS_REDUCTION;
import static dev.batchloss.cli.SharedOptions.CLASS_WEIGHTS;
import static dev.batchloss.cli.SharedOptions.ELEMENT_WEIGHTS;
import static dev.batchloss.cli.SharedOptions.EMPTY_MEAN;
import static dev.batchloss.cli.SharedOptions.EPSILON;
import static dev.batchloss.cli.SharedOptions.GAMMA;
import static dev.batchloss.cli.SharedOptions.LABEL_SMOOTHING;
import static dev.batchloss.cli.SharedOptions.REDUCTION;
import static dev.batchloss.cli.SharedOptions.SAMPLE_WEIGHTS;

import dev.batchloss.Metric;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.BinaryFocal;
import dev.batchloss.loss.BinaryLabels;
import dev.batchloss.loss.ElementLossBuilder;
import dev.batchloss.loss.Hinge;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.loss.MeanAbsolutePercentageError;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.MeanSquaredLogarithmicError;
import dev.batchloss.loss.Poisson;
import dev.batchloss.loss.PoissonInput;
import dev.batchloss.loss.SquaredHinge;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.TargetKind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The losses that compare the predictions with target values number by number. */
final class ElementLosses {
  private static final LossOption<String> POS_WEIGHTS =
      LossOption.file(
          "--pos-weights",
          "One factor a class for the term of positive targets.",
          (evaluation, file) ->
              evaluation.perClass(
                  "positive",
                  file,
                  (loss, weights) ->
                      ((BinaryCrossEntropy) loss).withPositiveWeights(ClassWeights.of(weights))));
  private static final LossOption<Double> DELTA =
      LossOption.number("--delta", "D", "Where a square turns into a line; positive.");
  private static final LossOption<Boolean> LOG_TARGET =
      LossOption.flag("--log-target", "The targets are logarithms of probabilities.");
  private static final LossOption<Boolean> LOG_RATES =
      LossOption.flag("--log-rates", "The predictions are logarithms of rates.");
  private static final LossOption<Boolean> STIRLING =
      LossOption.flag("--stirling", "Adds Stirling's approximation of log(target!).");
  private static final LossOption<Boolean> ZERO_ONE_TARGETS =
      LossOption.flag("--zero-one-targets", "The targets are 0 and 1 instead of -1 and 1.");

  private static final Set<Metric.Kind> OF_BINARY = EnumSet.of(Metric.Kind.ACCURACY);

  static final List<LossEntry> ENTRIES =
      List.of(
          LossEntry.of(
                  "binary-cross-entropy-with-logits",
                  "Binary cross-entropy of each element, of logits.")
              .inputs(LOGITS)
              .targets(TargetKind.VALUES)
              .metrics(OF_BINARY)
              .options(with(POS_WEIGHTS, LABEL_SMOOTHING.defaulting(0.0)))
              .builds(
                  given ->
                      usual(BinaryCrossEntropy.builder(), given)
                          .input(given.input())
                          .labelSmoothing(given.get(LABEL_SMOOTHING))
                          .build()),
          LossEntry.of(
                  "binary-cross-entropy", "Binary cross-entropy of each element, of probabilities.")
              .inputs(PROBABILITIES)
              .targets(TargetKind.VALUES)
              .metrics(OF_BINARY)
              .options(with(POS_WEIGHTS, LABEL_SMOOTHING.defaulting(0.0)))
              .builds(
                  given ->
                      usual(BinaryCrossEntropy.builder(), given)
                          .input(given.input())
                          .labelSmoothing(given.get(LABEL_SMOOTHING))
                          .build()),
          LossEntry.of(
                  "binary-focal",
                  "Binary cross-entropy times (1-p)^gamma, p the probability of the right answer.")
              .inputs(LOGITS, PROBABILITIES)
              .targets(TargetKind.VALUES)
              .metrics(OF_BINARY)
              .options(with(GAMMA.defaulting(2.0), ALPHA, LABEL_SMOOTHING.defaulting(0.0)))
              .builds(
                  given -> {
                    BinaryFocal.Builder builder =
                        usual(BinaryFocal.builder(), given)
                            .input(given.input())
                            .gamma(given.get(GAMMA))
                            .labelSmoothing(given.get(LABEL_SMOOTHING));
                    given.ifGiven(ALPHA, builder::alpha);
                    return builder.build();
                  }),
          LossEntry.of("kl-divergence", "KL divergence of distributions, element by element.")
              .inputs(LOG_PROBABILITIES, PROBABILITIES)
              .targets(TargetKind.VALUES)
              .options(
                  LOG_TARGET,
                  SAMPLE_WEIGHTS,
                  CLASS_WEIGHTS,
                  ELEMENT_WEIGHTS,
                  CLASS_REDUCTION.defaulting(ClassReduction.SUM),
                  REDUCTION,
                  EMPTY_MEAN)
              .builds(
                  given ->
                      usual(KlDivergence.builder(), given)
                          .input(given.input())
                          .targets(
                              given.get(LOG_TARGET)
                                  ? InputKind.LOG_PROBABILITIES
                                  : InputKind.PROBABILITIES)
                          .build()),
          LossEntry.of("mean-squared-error", "Squared difference of each element.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with())
              .builds(given -> usual(MeanSquaredError.builder(), given).build()),
          LossEntry.of("mean-absolute-error", "Absolute difference of each element.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with())
              .builds(given -> usual(MeanAbsoluteError.builder(), given).build()),
          LossEntry.of(
                  "mean-absolute-percentage-error", "Absolute difference in percent of the target.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(EPSILON.defaulting(1e-7)))
              .builds(
                  given ->
                      usual(MeanAbsolutePercentageError.builder(), given)
                          .epsilon(given.get(EPSILON))
                          .build()),
          LossEntry.of("mean-squared-logarithmic-error", "Squared difference of log(1 + value).")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(EPSILON.defaulting(1e-7)))
              .builds(
                  given ->
                      usual(MeanSquaredLogarithmicError.builder(), given)
                          .epsilon(given.get(EPSILON))
                          .build()),
          LossEntry.of("huber", "Squared difference near 0, linear beyond delta.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(DELTA.defaulting(1.0)))
              .builds(given -> usual(Huber.builder(), given).delta(given.get(DELTA)).build()),
          LossEntry.of("log-cosh", "Logarithm of the hyperbolic cosine of the difference.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with())
              .builds(given -> usual(LogCosh.builder(), given).build()),
          LossEntry.of("poisson", "Negative log-likelihood of counts under Poisson distributions.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(LOG_RATES, STIRLING, EPSILON.defaulting(1e-8)))
              .builds(
                  given ->
                      usual(Poisson.builder(), given)
                          .input(given.get(LOG_RATES) ? PoissonInput.LOG_RATE : PoissonInput.RATE)
                          .targetTerm(
                              given.get(STIRLING)
                                  ? Poisson.TargetTerm.STIRLING
                                  : Poisson.TargetTerm.OMITTED)
                          .epsilon(given.get(EPSILON))
                          .build()),
          LossEntry.of("hinge", "Hinge of each element, targets -1 and 1.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(ZERO_ONE_TARGETS))
              .builds(given -> usual(Hinge.builder(), given).labels(labels(given)).build()),
          LossEntry.of("squared-hinge", "Squared hinge of each element, targets -1 and 1.")
              .inputs(PREDICTIONS)
              .targets(TargetKind.VALUES)
              .options(with(ZERO_ONE_TARGETS))
              .builds(given -> usual(SquaredHinge.builder(), given).labels(labels(given)).build()));

  private ElementLosses() {}

  /** The options of one loss, and after them those that all of them have. */
  private static LossOption<?>[] with(LossOption<?>... own) {
    List<LossOption<?>> options = new ArrayList<>(List.of(own));
    options.addAll(
        List.of(
            SAMPLE_WEIGHTS,
            CLASS_WEIGHTS,
            ELEMENT_WEIGHTS,
            CLASS_REDUCTION,
            REDUCTION,
            EMPTY_MEAN));
    return options.toArray(LossOption<?>[]::new);
  }

  private static <B extends ElementLossBuilder<B>> B usual(B builder, LossArguments given) {
    return builder
        .classReduction(given.get(CLASS_REDUCTION))
        .reduction(given.get(REDUCTION))
        .emptyMean(given.get(EMPTY_MEAN));
  }

  private static BinaryLabels labels(LossArguments given) {
    return given.get(ZERO_ONE_TARGETS) ? BinaryLabels.ZERO_AND_ONE : BinaryLabels.MINUS_ONE_AND_ONE;
  }
}
