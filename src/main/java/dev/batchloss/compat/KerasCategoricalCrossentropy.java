package dev.batchloss.compat;

import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.ZeroTimesInfinity;

/** {@code CategoricalCrossentropy}; see {@link Keras#categoricalCrossentropy()}. Immutable. */
public final class KerasCategoricalCrossentropy extends KerasLoss<KerasCategoricalCrossentropy> {
  static final KerasCategoricalCrossentropy DEFAULT =
      new KerasCategoricalCrossentropy(DEFAULTS, InputKind.PROBABILITIES, 0, -1);

  private final InputKind input;
  private final double labelSmoothing;
  private final int axis;

  private KerasCategoricalCrossentropy(
      Options options, InputKind input, double labelSmoothing, int axis) {
    super(options);
    this.input = input;
    this.labelSmoothing = labelSmoothing;
    this.axis = axis;
  }

  @Override
  KerasCategoricalCrossentropy with(Options others) {
    return new KerasCategoricalCrossentropy(others, input, labelSmoothing, axis);
  }

  /** {@code from_logits=True}: predictions are logits; else probabilities. */
  public KerasCategoricalCrossentropy fromLogits() {
    return new KerasCategoricalCrossentropy(options, InputKind.LOGITS, labelSmoothing, axis);
  }

  /** {@code label_smoothing}, 0 by default: the share of the target that is spread. */
  public KerasCategoricalCrossentropy labelSmoothing(double share) {
    return new KerasCategoricalCrossentropy(options, input, share, axis);
  }

  /** {@code axis}, −1 by default: the axis of the classes. */
  public KerasCategoricalCrossentropy axis(int classAxis) {
    return new KerasCategoricalCrossentropy(options, input, labelSmoothing, classAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    KerasShapes.requireSameShape(yTrue, yPred);
    Shape shape = yPred.axes();
    int classAxis = shape.requireAxis("axis", axis);
    CrossEntropy.Builder loss = builder(input).targetCheck(RowPlan.TargetCheck.NONE);
    if (input == InputKind.LOGITS) {
      loss.zeroTimesInfinity(ZeroTimesInfinity.NAN);
    }
    boolean isOfClasses = shape.length(classAxis) == shape.length(shape.rank() - 1);
    boolean isShare = labelSmoothing >= 0 && labelSmoothing <= 1;
    Tensor wanted = yTrue;
    if (labelSmoothing != 0 && isOfClasses && isShare) {
      loss.labelSmoothing(labelSmoothing);
    } else if (labelSmoothing != 0) {
      wanted = KerasShapes.smoothed(yTrue, labelSmoothing);
    }
    return call.run(
        loss.build(),
        yPred,
        classAxis,
        Targets.probabilities(wanted.rows(classAxis)),
        call.weights(shape.without(classAxis)),
        KerasCall.warningsOf("categorical_crossentropy", yPred));
  }

  /** Cross-entropy of logits, or of probabilities as Keras takes them. */
  static CrossEntropy.Builder builder(InputKind input) {
    CrossEntropy.Builder loss = CrossEntropy.builder().input(input);
    return input == InputKind.LOGITS
        ? loss
        : loss.normalization(Normalization.BEFORE_CLIP)
            .clip(KerasShapes.EPSILON, 1 - KerasShapes.EPSILON)
            .sumTolerance(Double.POSITIVE_INFINITY);
  }
}
