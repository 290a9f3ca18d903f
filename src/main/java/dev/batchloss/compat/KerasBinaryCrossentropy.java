package dev.batchloss.compat;

import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.List;

/** {@code BinaryCrossentropy}; see {@link Keras#binaryCrossentropy()}. Immutable. */
public final class KerasBinaryCrossentropy extends KerasLoss<KerasBinaryCrossentropy> {
  static final KerasBinaryCrossentropy DEFAULT =
      new KerasBinaryCrossentropy(DEFAULTS, InputKind.PROBABILITIES, 0, -1);

  private final InputKind input;
  private final double labelSmoothing;
  private final int axis;

  private KerasBinaryCrossentropy(
      Options options, InputKind input, double labelSmoothing, int axis) {
    super(options);
    this.input = input;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  @Override
  KerasBinaryCrossentropy with(Options others) {
    return new KerasBinaryCrossentropy(others, input, labelSmoothing, axis);
  }

  /** {@code from_logits=True}: predictions are logits; else probabilities. */
  public KerasBinaryCrossentropy fromLogits() {
    return new KerasBinaryCrossentropy(options, InputKind.LOGITS, labelSmoothing, axis);
  }

  /** {@code label_smoothing}, 0 by default: the share, 0..1, that targets are drawn towards ½. */
  public KerasBinaryCrossentropy labelSmoothing(double share) {
    return new KerasBinaryCrossentropy(options, input, share, axis);
  }

  /** {@code axis}, −1 by default: the axis that losses are the mean along. */
  public KerasBinaryCrossentropy axis(int meanAxis) {
    return new KerasBinaryCrossentropy(options, input, labelSmoothing, meanAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    KerasShapes.requireSameShape(yTrue, yPred);
    int meanAxis = yPred.axes().requireAxis("axis", axis);
    BinaryCrossEntropy.Builder loss =
        BinaryCrossEntropy.builder()
            .input(input)
            .labelSmoothing(labelSmoothing)
            .inputCheck(ValueCheck.NONE)
            .targetCheck(ValueCheck.NONE);
    if (input == InputKind.PROBABILITIES) {
      loss.clip(KerasShapes.EPSILON, 1 - KerasShapes.EPSILON);
    } else {
      loss.zeroTimesInfinity(ZeroTimesInfinity.NAN);
    }
    return call.run(
        loss.build(),
        yPred,
        meanAxis,
        Targets.values(yTrue.rows(meanAxis)),
        call.weights(yPred.axes().without(meanAxis)),
        List.of());
  }
}
