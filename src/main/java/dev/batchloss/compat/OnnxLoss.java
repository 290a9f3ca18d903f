package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code SoftmaxCrossEntropyLoss} or {@code NegativeLogLikelihoodLoss}; see {@link Onnx}.
 * Immutable: every option returns another object, and an object may be used by many threads at
 * once.
 */
public final class OnnxLoss {
  private static final ReductionNames REDUCTIONS =
      new ReductionNames(
          Map.of("mean", Reduction.MEAN, "sum", Reduction.SUM, "none", Reduction.NONE));

  private final InputKind kind;
  private final EngineCall call;
  private final String reduction;
  private final @Nullable Tensor weights;
  private final @Nullable Long ignoreIndex;
  private final MatrixOutput besides;

  private OnnxLoss(
      InputKind kind,
      EngineCall call,
      String reduction,
      @Nullable Tensor weights,
      @Nullable Long ignoreIndex,
      MatrixOutput besides) {
    this.kind = kind;
    this.call = call;
    this.reduction = reduction;
    this.weights = weights;
    this.ignoreIndex = ignoreIndex;
    this.besides = besides;
  }

  static OnnxLoss of(InputKind kind) {
    return new OnnxLoss(kind, EngineCall.SHARED, "mean", null, null, MatrixOutput.NONE);
  }

  /** The attribute {@code reduction}: {@code mean} (the default), {@code sum} or {@code none}. */
  public OnnxLoss reduction(String name) {
    return new OnnxLoss(
        kind, call, Objects.requireNonNull(name, "reduction"), weights, ignoreIndex, besides);
  }

  /** The optional input {@code weights}: one finite weight a class. */
  public OnnxLoss weights(double... values) {
    return weights(Tensor.of(values.clone(), values.length));
  }

  /** The optional input {@code weights}, of shape (C). */
  public OnnxLoss weights(Tensor values) {
    return new OnnxLoss(
        kind, call, reduction, Objects.requireNonNull(values, "weights"), ignoreIndex, besides);
  }

  /** The attribute {@code ignore_index}, which may lie outside the classes; none by default. */
  public OnnxLoss ignoreIndex(long classIndex) {
    return new OnnxLoss(kind, call, reduction, weights, classIndex, besides);
  }

  /**
   * Asks for the optional output {@code log_prob}, which {@link TensorLoss#logProb()} returns.
   *
   * @throws IllegalStateException if this is a NegativeLogLikelihoodLoss, which has none
   */
  public OnnxLoss withLogProb() {
    if (kind != InputKind.LOGITS) {
      throw new IllegalStateException("NegativeLogLikelihoodLoss has no output log_prob");
    }
    return new OnnxLoss(kind, call, reduction, weights, ignoreIndex, MatrixOutput.LOG_SOFTMAX);
  }

  /** Runs on this engine, which stays the caller's, instead of the one that the facades share. */
  public OnnxLoss on(BatchLoss engine) {
    return with(call.on(Objects.requireNonNull(engine, "engine")));
  }

  /** Multiplies the gradient of a loss that is reduced to one number. */
  public OnnxLoss upstream(double derivative) {
    return upstream(Tensor.scalar(derivative));
  }

  /** Multiplies the gradient: one number for a reduced loss, else one an unreduced loss. */
  public OnnxLoss upstream(Tensor derivatives) {
    return with(call.withUpstream(Objects.requireNonNull(derivatives, "upstream")));
  }

  /**
   * Computes the loss; blocks until it is there and only reads the tensors.
   *
   * @param scores (N, C) or (N, C, d1, ...), floating point: scores, or log-probabilities
   * @param labels (N) or (N, d1, ...), 32-bit or 64-bit integers
   * @throws IllegalArgumentException if shapes, types or options do not fit
   * @throws dev.batchloss.data.InvalidTargetException if a label is out of range and not ignored
   */
  public TensorLoss evaluate(Tensor scores, Tensor labels) {
    return run(scores, labels, MatrixOutput.NONE);
  }

  /** The same, and the gradient with respect to {@code scores}, in its shape and element type. */
  public TensorLoss withGradient(Tensor scores, Tensor labels) {
    return run(scores, labels, MatrixOutput.GRADIENT);
  }

  private OnnxLoss with(EngineCall other) {
    return new OnnxLoss(kind, other, reduction, weights, ignoreIndex, besides);
  }

  private TensorLoss run(Tensor scores, Tensor labels, MatrixOutput output) {
    Objects.requireNonNull(scores, "scores");
    Objects.requireNonNull(labels, "labels");
    requireShapes(scores, labels);
    CrossEntropy.Builder loss =
        CrossEntropy.builder().input(kind).reduction(REDUCTIONS.named(reduction));
    if (weights != null) {
      loss.classWeights(classWeights(weights, scores.axes().length(Onnx.CLASS_AXIS)));
    }
    if (ignoreIndex != null) {
      loss.ignoreIndex(ignoreIndex);
    }
    TensorLoss result =
        call.run(
            loss.build(),
            scores,
            Onnx.CLASS_AXIS,
            labels.classes(),
            labels.axes(),
            output,
            List.of());
    return besides == MatrixOutput.LOG_SOFTMAX
        ? result.withLogProb(SoftmaxCall.logSoftmax(call.engineOrShared(), scores, Onnx.CLASS_AXIS))
        : result;
  }

  private static void requireShapes(Tensor scores, Tensor labels) {
    if (scores.isIntegral()) {
      throw new IllegalArgumentException("scores is %s, must be floating point".formatted(scores));
    }
    if (!labels.isIntegral()) {
      throw new IllegalArgumentException("labels is %s, must be integers".formatted(labels));
    }
    if (scores.rank() < 2) {
      throw new IllegalArgumentException(
          "scores has shape %s, must be (N, C) or (N, C, d1, ...)".formatted(scores.axes()));
    }
    Shape wanted = scores.axes().without(Onnx.CLASS_AXIS);
    if (!labels.axes().equals(wanted)) {
      throw new IllegalArgumentException(
          "labels has shape %s, must be %s for scores of shape %s"
              .formatted(labels.axes(), wanted, scores.axes()));
    }
  }

  private static double[] classWeights(Tensor weights, long classes) {
    if (weights.rank() != 1 || weights.size() != classes) {
      throw new IllegalArgumentException(
          "weights has shape %s, must be one a class: [%d]".formatted(weights.axes(), classes));
    }
    return weights.toDoubles();
  }
}
