package dev.batchloss.compat;

import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch.nn.functional.cross_entropy}; see {@link Torch#crossEntropy()} for the formula.
 * Immutable.
 */
public final class TorchCrossEntropy extends TorchLoss<TorchCrossEntropy> {
  static final TorchCrossEntropy DEFAULT =
      new TorchCrossEntropy(
          EngineCall.SHARED, TorchReduction.MEAN, null, Torch.DEFAULT_IGNORE_INDEX, 0);

  private final @Nullable Tensor weight;
  private final long ignoreIndex;
  private final double labelSmoothing;

  private TorchCrossEntropy(
      EngineCall call,
      TorchReduction reduction,
      @Nullable Tensor weight,
      long ignoreIndex,
      double labelSmoothing) {
    super(call, reduction);
    this.weight = weight;
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
  }

  @Override
  TorchCrossEntropy with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchCrossEntropy(otherCall, otherReduction, weight, ignoreIndex, labelSmoothing);
  }

  /** One finite weight a class; none by default. */
  public TorchCrossEntropy weight(double... weights) {
    return weight(Tensor.of(weights.clone(), weights.length));
  }

  /** One finite weight a class, of shape (C). */
  public TorchCrossEntropy weight(Tensor weights) {
    return new TorchCrossEntropy(
        call, reduction, Objects.requireNonNull(weights, "weight"), ignoreIndex, labelSmoothing);
  }

  /**
   * A class target whose rows contribute nothing, −100 by default; with class probabilities it is
   * refused unless it is negative, and means nothing then.
   */
  public TorchCrossEntropy ignoreIndex(long classIndex) {
    return new TorchCrossEntropy(call, reduction, weight, classIndex, labelSmoothing);
  }

  /** The share of the target that is spread over all classes; what is not above 0 counts as 0. */
  public TorchCrossEntropy labelSmoothing(double share) {
    return new TorchCrossEntropy(call, reduction, weight, ignoreIndex, share);
  }

  @Override
  TensorLoss run(Tensor input, Tensor target, MatrixOutput output) {
    int classAxis = TorchShapes.classAxis(input);
    Shape lossShape = input.axes().without(classAxis);
    CrossEntropy.Builder loss = CrossEntropy.builder().reduction(meantReduction());
    if (labelSmoothing > 0) {
      if (labelSmoothing > 1) {
        throw new IllegalArgumentException(
            "label_smoothing must be between 0.0 and 1.0. Got: " + labelSmoothing);
      }
      loss.labelSmoothing(labelSmoothing);
    }
    if (weight != null) {
      loss.classWeights(TorchShapes.classWeights(weight, input.axes().length(classAxis)));
    }
    if (target.axes().equals(input.axes())) {
      requireProbabilities(target);
      loss.targetCheck(RowPlan.TargetCheck.NONE).zeroTimesInfinity(ZeroTimesInfinity.NAN);
      return call.run(
          loss.build(),
          input,
          classAxis,
          Targets.probabilities(target.rows(classAxis)),
          lossShape,
          output,
          warnings());
    }
    TorchShapes.requireClassIndices(input, target, lossShape);
    loss.ignoreIndex(ignoreIndex);
    return call.run(
        loss.build(), input, classAxis, target.classes(), lossShape, output, warnings());
  }

  private void requireProbabilities(Tensor target) {
    if (target.isIntegral()) {
      throw new IllegalArgumentException(
          "Expected floating point type for target with class probabilities, got " + target);
    }
    if (ignoreIndex >= 0) {
      throw new IllegalArgumentException(
          "ignore_index is not supported for floating point target: it is " + ignoreIndex);
    }
  }
}
