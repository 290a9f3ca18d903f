package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code sklearn.metrics.log_loss}; see {@link Sklearn#logLoss()} for the formula. Immutable: every
 * option returns another object, and an object may be used by many threads at once.
 */
public final class SklearnLogLoss {
  static final SklearnLogLoss DEFAULT =
      new SklearnLogLoss(EngineCall.SHARED, Reduction.Kind.MEAN, null, null, false, null);

  private final EngineCall call;
  private final Reduction.Kind reduction;
  private final @Nullable Tensor sampleWeight;
  private final @Nullable Labels labels;

  /** Whether rows are clipped and then divided by their sum, as before version 1.5. */
  private final boolean renormalizes;

  /** The bound of clipping, or null for the machine epsilon. */
  private final @Nullable Double eps;

  private SklearnLogLoss(
      EngineCall call,
      Reduction.Kind reduction,
      @Nullable Tensor sampleWeight,
      @Nullable Labels labels,
      boolean renormalizes,
      @Nullable Double eps) {
    this.call = call;
    this.reduction = reduction;
    this.sampleWeight = sampleWeight;
    this.labels = labels;
    this.renormalizes = renormalizes;
    this.eps = eps;
  }

  /** {@code normalize=True}, the default: the mean over the samples, weighted. */
  public SklearnLogLoss normalized() {
    return new SklearnLogLoss(call, Reduction.Kind.MEAN, sampleWeight, labels, renormalizes, eps);
  }

  /** {@code normalize=False}: the sum over the samples, weighted. */
  public SklearnLogLoss notNormalized() {
    return new SklearnLogLoss(call, Reduction.Kind.SUM, sampleWeight, labels, renormalizes, eps);
  }

  /** One finite weight a sample; none by default. Copied. */
  public SklearnLogLoss sampleWeight(double... weights) {
    return sampleWeight(Tensor.of(weights.clone(), weights.length));
  }

  /** One finite weight a sample, of shape (N). */
  public SklearnLogLoss sampleWeight(Tensor weights) {
    return new SklearnLogLoss(
        call,
        reduction,
        Objects.requireNonNull(weights, "sampleWeight"),
        labels,
        renormalizes,
        eps);
  }

  /**
   * All labels that there are, in any order: columns are always in ascending order. Without them
   * they are taken from {@code yTrue}.
   */
  public SklearnLogLoss labels(Labels all) {
    return new SklearnLogLoss(
        call, reduction, sampleWeight, Objects.requireNonNull(all, "labels"), renormalizes, eps);
  }

  /**
   * {@code eps}, an argument that only versions before 1.5 have: giving it asks for what they
   * compute. Probabilities are clipped to eps..1−eps and rows divided by their sum after that;
   * probabilities outside 0..1 are clipped, too, and rows of labels that are not among those given
   * have the loss 0. The default was 1e-15 before version 1.2 and {@link #epsAuto} since.
   */
  public SklearnLogLoss eps(double bound) {
    if (!(bound >= 0 && bound <= 0.5)) {
      throw new IllegalArgumentException("eps is " + bound + ", must be in 0..0.5");
    }
    return new SklearnLogLoss(call, reduction, sampleWeight, labels, true, bound);
  }

  /** {@code eps="auto"}: likewise with the machine epsilon of the predictions' element type. */
  public SklearnLogLoss epsAuto() {
    return new SklearnLogLoss(call, reduction, sampleWeight, labels, true, null);
  }

  /** Runs on this engine, which stays the caller's, instead of the one that the facades share. */
  public SklearnLogLoss on(BatchLoss engine) {
    return with(call.on(Objects.requireNonNull(engine, "engine")));
  }

  /** Multiplies the gradient. */
  public SklearnLogLoss upstream(double derivative) {
    return with(call.withUpstream(Tensor.scalar(derivative)));
  }

  /**
   * Computes the loss; blocks until it is there and only reads the tensors.
   *
   * @param yTrue one label a sample
   * @param yPred probabilities, (N, C), (N, 1) or (N)
   * @throws IllegalArgumentException where scikit-learn raises {@code ValueError}
   */
  public TensorLoss evaluate(Labels yTrue, Tensor yPred) {
    return run(yTrue, yPred, MatrixOutput.NONE);
  }

  /**
   * The same with labels in a tensor of whole numbers, (N) or (N, 1), or with an indicator matrix
   * (N, C).
   */
  public TensorLoss evaluate(Tensor yTrue, Tensor yPred) {
    return run(yTrue, yPred, MatrixOutput.NONE);
  }

  /**
   * The same, and the gradient with respect to {@code yPred}, in its shape and element type. There
   * is none in scikit-learn: this is the derivative of the loss, 0 where clipping moved a
   * probability.
   */
  public TensorLoss withGradient(Labels yTrue, Tensor yPred) {
    return run(yTrue, yPred, MatrixOutput.GRADIENT);
  }

  /** The same with labels or an indicator matrix in a tensor. */
  public TensorLoss withGradient(Tensor yTrue, Tensor yPred) {
    return run(yTrue, yPred, MatrixOutput.GRADIENT);
  }

  private SklearnLogLoss with(EngineCall other) {
    return new SklearnLogLoss(other, reduction, sampleWeight, labels, renormalizes, eps);
  }

  private TensorLoss run(Tensor yTrue, Tensor yPred, MatrixOutput output) {
    if (yTrue.rank() != 2 || yTrue.axes().length(1) == 1) {
      return run(Labels.of(yTrue), yPred, output);
    }
    SklearnProbabilities probabilities = probabilities(yPred);
    probabilities.requireSamples("y_true", yTrue.axes().length(0));
    if (labels != null) {
      throw new IllegalArgumentException("labels are given, but y_true is an indicator matrix");
    }
    requireIndicators(yTrue);
    probabilities.requireColumns("y_true", yTrue.axes().length(1), "0..");
    return run(probabilities, Targets.probabilities(yTrue.rows(1)), List.of(), output);
  }

  private TensorLoss run(Labels yTrue, Tensor yPred, MatrixOutput output) {
    SklearnProbabilities probabilities = probabilities(yPred);
    probabilities.requireSamples("y_true", yTrue.size());
    Labels classes = (labels == null ? yTrue : labels).distinct();
    List<String> warnings = new ArrayList<>();
    if (labels != null && !renormalizes) {
      if (!classes.equals(labels)) {
        warnings.add(
            "Labels passed were %s. But this function assumes labels are ordered lexicographically."
                    .formatted(labels)
                + " Pass the ordered labels=%s and ensure that the columns of y_prob correspond to"
                    .formatted(classes)
                + " this ordering.");
      }
      Labels unknown = yTrue.notIn(classes);
      if (unknown.size() > 0) {
        throw new IllegalArgumentException(
            "y_true contains values %s not belonging to the passed labels %s."
                .formatted(unknown, labels));
      }
    }
    requireTwo(classes);
    probabilities.requireColumns(labels == null ? "y_true" : "labels", classes.size(), classes);
    return run(probabilities, Targets.classes(yTrue.placesIn(classes, -1)), warnings, output);
  }

  private SklearnProbabilities probabilities(Tensor yPred) {
    ElementType type = yPred.type();
    double bound = eps == null ? epsilon(type) : eps;
    return SklearnProbabilities.of(yPred, bound, renormalizes);
  }

  private TensorLoss run(
      SklearnProbabilities probabilities,
      Targets targets,
      List<String> earlierWarnings,
      MatrixOutput output) {
    CrossEntropy.Builder loss =
        CrossEntropy.builder()
            .input(InputKind.PROBABILITIES)
            .clip(probabilities.low(), probabilities.high())
            .normalization(renormalizes ? Normalization.AFTER_CLIP : Normalization.NONE)
            .sumTolerance(Double.POSITIVE_INFINITY)
            .targetCheck(RowPlan.TargetCheck.NONE)
            .reduction(
                reduction == Reduction.Kind.MEAN
                    ? Reduction.sumOver(weightSum(probabilities.samples()))
                    : Reduction.SUM);
    if (targets instanceof ClassTargets) {
      loss.ignoreIndex(-1);
    }
    Targets weighted =
        sampleWeight == null
            ? targets
            : targets.withSampleWeights(weights(probabilities.samples()));
    List<String> warnings = new ArrayList<>(earlierWarnings);
    if (eps != null) {
      warnings.add(
          "Setting the eps parameter is deprecated and will be removed in 1.5. Instead eps will"
              + " always have a default value of `np.finfo(y_pred.dtype).eps`.");
    }
    probabilities.addSumWarning(warnings);
    TensorLoss columns =
        call.run(
            loss.build(),
            probabilities.columns(),
            1,
            weighted,
            Shape.of(probabilities.samples()),
            output,
            warnings);
    Tensor gradient =
        output == MatrixOutput.GRADIENT ? probabilities.gradient(columns.gradient()) : null;
    return TensorLoss.reduced(columns.result(), columns.loss(), gradient, warnings);
  }

  private Matrix weights(long samples) {
    Tensor weights = Objects.requireNonNull(sampleWeight);
    if (weights.rank() != 1 || weights.size() != samples) {
      throw new IllegalArgumentException(
          "sample_weight has shape %s, must be [%d]".formatted(weights.axes(), samples));
    }
    if (!renormalizes && LongStream.range(0, samples).allMatch(i -> weights.at(i) == 0)) {
      throw new IllegalArgumentException(
          "sample_weight: sample weights must contain at least one non-zero number");
    }
    return weights.elements();
  }

  private double weightSum(long samples) {
    if (sampleWeight == null) {
      return samples;
    }
    Matrix weights = weights(samples);
    ExactSum sum = new ExactSum();
    for (long i = 0; i < samples; i++) {
      double weight = weights.get(i, 0);
      if (!Double.isFinite(weight)) {
        throw new IllegalArgumentException(
            "sample_weight of sample %d is %s, must be finite".formatted(i, weight));
      }
      sum.add(weight);
    }
    double value = sum.value();
    if (value == 0) {
      throw new IllegalArgumentException("sample_weight: weights sum to zero, can't be normalized");
    }
    return value;
  }

  private void requireTwo(Labels classes) {
    if (classes.size() > 1) {
      return;
    }
    throw new IllegalArgumentException(
        labels == null
            ? "y_true contains only one label (%s). Please provide the list of all expected class"
                    .formatted(classes)
                + " labels explicitly through the labels argument."
            : "The labels array needs to contain at least two labels, got %s.".formatted(classes));
  }

  private static void requireIndicators(Tensor yTrue) {
    for (long i = 0; i < yTrue.size(); i++) {
      double value = yTrue.at(i);
      if (value != 0 && value != 1) {
        throw new IllegalArgumentException(
            ("y_true of row %d, column %d is %s, must be 0 or 1: multioutput target data is not"
                    + " supported")
                .formatted(i / yTrue.axes().length(1), i % yTrue.axes().length(1), value));
      }
    }
  }

  private static double epsilon(ElementType type) {
    return switch (type) {
      case FLOAT64 -> 0x1p-52;
      case FLOAT32 -> 0x1p-23;
      case FLOAT16 -> 0x1p-10;
      case BFLOAT16 -> 0x1p-7;
    };
  }
}
