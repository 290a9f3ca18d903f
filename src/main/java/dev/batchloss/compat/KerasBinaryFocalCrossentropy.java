package dev.batchloss.compat;

import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryFocal;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.ValueCheck;
import java.util.List;

/** {@code BinaryFocalCrossentropy}; see {@link Keras#binaryFocalCrossentropy()}. Immutable. */
public final class KerasBinaryFocalCrossentropy extends KerasLoss<KerasBinaryFocalCrossentropy> {
  static final KerasBinaryFocalCrossentropy DEFAULT =
      new KerasBinaryFocalCrossentropy(DEFAULTS, false, 0.25, 2, InputKind.PROBABILITIES, 0, -1);

  private final boolean isBalanced;
  private final double alpha;
  private final double gamma;
  private final InputKind input;
  private final double labelSmoothing;
  private final int axis;

  private KerasBinaryFocalCrossentropy(
      Options options,
      boolean isBalanced,
      double alpha,
      double gamma,
      InputKind input,
      double labelSmoothing,
      int axis) {
    super(options);
    this.isBalanced = isBalanced;
    this.alpha = alpha;
    this.gamma = gamma;
    this.input = input;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  @Override
  KerasBinaryFocalCrossentropy with(Options others) {
    return new KerasBinaryFocalCrossentropy(
        others, isBalanced, alpha, gamma, input, labelSmoothing, axis);
  }

  /** {@code apply_class_balancing=True}: weighs targets of 1 by alpha, of 0 by 1 − alpha. */
  public KerasBinaryFocalCrossentropy applyClassBalancing() {
    return new KerasBinaryFocalCrossentropy(
        options, true, alpha, gamma, input, labelSmoothing, axis);
  }

  /** {@code alpha}, 0.25 by default, 0..1: means something with class balancing only. */
  public KerasBinaryFocalCrossentropy alpha(double weight) {
    return new KerasBinaryFocalCrossentropy(
        options, isBalanced, weight, gamma, input, labelSmoothing, axis);
  }

  /** {@code gamma}, 2 by default; not negative. */
  public KerasBinaryFocalCrossentropy gamma(double exponent) {
    return new KerasBinaryFocalCrossentropy(
        options, isBalanced, alpha, exponent, input, labelSmoothing, axis);
  }

  /** {@code from_logits=True}: predictions are logits; else probabilities. */
  public KerasBinaryFocalCrossentropy fromLogits() {
    return new KerasBinaryFocalCrossentropy(
        options, isBalanced, alpha, gamma, InputKind.LOGITS, labelSmoothing, axis);
  }

  /** {@code label_smoothing}, 0 by default: the share, 0..1, that targets are drawn towards ½. */
  public KerasBinaryFocalCrossentropy labelSmoothing(double share) {
    return new KerasBinaryFocalCrossentropy(options, isBalanced, alpha, gamma, input, share, axis);
  }

  /** {@code axis}, −1 by default: the axis that losses are the mean along. */
  public KerasBinaryFocalCrossentropy axis(int meanAxis) {
    return new KerasBinaryFocalCrossentropy(
        options, isBalanced, alpha, gamma, input, labelSmoothing, meanAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    KerasShapes.requireSameShape(yTrue, yPred);
    int meanAxis = yPred.axes().requireAxis("axis", axis);
    BinaryFocal.Builder loss =
        BinaryFocal.builder()
            .input(input)
            .gamma(gamma)
            .labelSmoothing(labelSmoothing)
            .clip(KerasShapes.EPSILON, 1 - KerasShapes.EPSILON)
            .inputCheck(ValueCheck.NONE)
            .targetCheck(ValueCheck.NONE);
    if (isBalanced) {
      loss.alpha(alpha);
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
