package dev.batchloss.compat;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One evaluation of a loss of {@link Keras}.
 *
 * @param options the loss' own
 * @param sampleWeight as it was handed over, or null
 * @param output NONE or GRADIENT
 */
record KerasCall(KerasLoss.Options options, @Nullable Tensor sampleWeight, MatrixOutput output) {
  /** What Keras warns of where there is one class. */
  static List<String> warningsOf(String loss, Tensor yPred) {
    Shape shape = yPred.axes();
    if (shape.length(shape.rank() - 1) != 1) {
      return List.of();
    }
    return List.of(
        ("In loss %s, expected y_pred.shape to be (batch_size, num_classes) with num_classes > 1."
                + " Received: y_pred.shape=%s. Consider using 'binary_crossentropy' if you only"
                + " have 2 classes.")
            .formatted(loss, shape));
  }

  /** The weights of losses of this shape. */
  KerasWeights weights(Shape losses) {
    return KerasWeights.of(losses, sampleWeight, options.mask(), options.reduction());
  }

  /** The weights of losses of which only those that are valid count. */
  KerasWeights weights(Shape losses, Tensor valid) {
    Tensor mask = options.mask();
    Tensor both = mask == null ? valid : valid.times(mask.broadcastTo(losses));
    return KerasWeights.of(losses, sampleWeight, both, options.reduction());
  }

  /**
   * Runs a loss whose rows lie along an axis, with Keras' weights and reduction.
   *
   * @param loss with any reduction
   * @param axis of {@code yPred}, counted from the front
   */
  TensorLoss run(
      Loss loss,
      Tensor yPred,
      int axis,
      Targets targets,
      KerasWeights weights,
      List<String> warnings) {
    KerasWeights.Repetition repetition = weights.repetition();
    if (repetition != null) {
      return runRepeated(loss, yPred, axis, targets, repetition, warnings);
    }
    Matrix column = weights.column();
    TensorLoss found =
        options
            .call()
            .run(
                loss.withReduction(weights.reduction(options.reduction())),
                yPred,
                axis,
                column == null ? targets : targets.withSampleWeights(column),
                weights.shape(),
                output,
                warnings);
    return weights.divideByZero() ? found.zeroed() : found;
  }

  /** Each loss once and without weights, repeated and weighted afterwards. */
  private TensorLoss runRepeated(
      Loss loss,
      Tensor yPred,
      int axis,
      Targets targets,
      KerasWeights.Repetition repetition,
      List<String> warnings) {
    Shape losses = yPred.axes().without(axis);
    EngineCall call = options.call();
    TensorLoss each =
        call.withUpstream(repetition.upstream(call.upstream(), losses))
            .run(
                loss.withReduction(Reduction.NONE), yPred, axis, targets, losses, output, warnings);
    return each.withLosses(repetition.of(each.losses()));
  }
}
