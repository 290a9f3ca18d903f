package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a loss that compares element by element: prediction and target are repeated to their
 * common shape, of which some neighbouring axes count as the classes of a matrix.
 *
 * @param call the engine and the upstream
 * @param lowering makes the loss
 * @param input the prediction as it was handed over
 * @param target the target as it was handed over
 * @param elementWeights of the common shape; multiply the losses and count in no denominator
 * @param averagingWeights of the common shape; multiply the losses, and the mean divides by them
 * @param firstClassAxis the first axis of the common shape that counts as classes
 * @param endOfClassAxes the axis behind the last of them
 * @param warnings what the library warns of
 */
record ElementCall(
    EngineCall call,
    Lowering lowering,
    Tensor input,
    Tensor target,
    @Nullable Tensor elementWeights,
    @Nullable Tensor averagingWeights,
    int firstClassAxis,
    int endOfClassAxes,
    List<String> warnings) {

  /** Makes the loss for a way to reduce. */
  interface Lowering {
    ElementLoss loss(ClassReduction classReduction, Reduction reduction);
  }

  /** A call without weights, the last axis being that of the classes. */
  static ElementCall of(
      EngineCall call, Lowering lowering, Tensor input, Tensor target, List<String> warnings) {
    int rank = input.axes().broadcastWith(target.axes(), "input and target").rank();
    return new ElementCall(
        call, lowering, input, target, null, null, Math.max(0, rank - 1), rank, warnings);
  }

  ElementCall withElementWeights(Tensor weights) {
    return new ElementCall(
        call,
        lowering,
        input,
        target,
        weights.broadcastTo(common()),
        averagingWeights,
        firstClassAxis,
        endOfClassAxes,
        warnings);
  }

  /** Each element is a row then, with a sample weight. */
  ElementCall withAveragingWeights(Tensor weights) {
    int rank = common().rank();
    return new ElementCall(
        call,
        lowering,
        input,
        target,
        elementWeights,
        weights.broadcastTo(common()),
        rank,
        rank,
        warnings);
  }

  ElementCall withClassAxes(int first, int end) {
    return new ElementCall(
        call, lowering, input, target, elementWeights, averagingWeights, first, end, warnings);
  }

  private Shape common() {
    return input.axes().broadcastWith(target.axes(), "input and target");
  }

  /**
   * Runs the call.
   *
   * @param output NONE or GRADIENT
   */
  TensorLoss run(Reduction reduction, MatrixOutput output) {
    boolean wantsGradient = output == MatrixOutput.GRADIENT;
    if (reduction.kind() == Reduction.Kind.NONE) {
      return unreduced(wantsGradient);
    }
    Outputs outputs = Outputs.lossOnly();
    Tensor gradient = null;
    if (wantsGradient) {
      gradient = Tensor.allocate(input.type(), common());
      outputs = call.withUpstreamOfReduced(Outputs.gradientInto(matrix(gradient)));
    }
    boolean averages = reduction.kind() == Reduction.Kind.MEAN;
    LossResult result =
        evaluate(
            averages ? ClassReduction.MEAN : ClassReduction.SUM,
            reduction,
            elementWeights,
            outputs);
    return TensorLoss.reduced(result, result.loss(), shaped(gradient), warnings);
  }

  /** The gradient is that of a sum in which the upstream is one more weight. */
  private TensorLoss unreduced(boolean wantsGradient) {
    Shape shape = common();
    Tensor losses = Tensor.allocate(ElementType.FLOAT64, shape);
    LossResult result =
        evaluate(
            ClassReduction.SUM,
            Reduction.SUM,
            elementWeights,
            Outputs.elementLossesInto(matrix(losses)));
    Tensor gradient = null;
    if (wantsGradient) {
      gradient = Tensor.allocate(input.type(), shape);
      Tensor upstream = call.upstreamOfUnreduced(shape);
      Tensor weights =
          upstream == null
              ? elementWeights
              : elementWeights == null ? upstream : elementWeights.times(upstream);
      LossResult _ =
          evaluate(
              ClassReduction.SUM, Reduction.SUM, weights, Outputs.gradientInto(matrix(gradient)));
    }
    return TensorLoss.unreduced(result, losses, shaped(gradient), warnings);
  }

  private LossResult evaluate(
      ClassReduction classReduction,
      Reduction reduction,
      @Nullable Tensor weights,
      Outputs outputs) {
    Shape shape = common();
    BatchLoss engine = call.engineOrShared();
    ValueTargets targets = Targets.values(matrix(target.broadcastTo(shape)));
    if (weights != null) {
      targets = targets.withElementWeights(matrix(weights));
    }
    if (averagingWeights != null) {
      targets = targets.withSampleWeights(averagingWeights.elements());
    }
    return engine.evaluate(
        lowering.loss(classReduction, reduction),
        matrix(input.broadcastTo(shape)),
        targets,
        outputs);
  }

  /** A matrix has one class at the least. */
  private Matrix matrix(Tensor tensor) {
    return tensor.size() == 0 ? tensor.elements() : tensor.rows(firstClassAxis, endOfClassAxes);
  }

  private @Nullable Tensor shaped(@Nullable Tensor gradient) {
    return gradient == null ? null : gradient.sumTo(input.axes());
  }
}
