package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import java.util.Objects;

/**
 * Focal loss (Lin et al., "Focal Loss for Dense Object Detection", 2017): binary cross-entropy that
 * counts less where the prediction is right. With p the probability of the positive class, y the
 * target, smoothed towards ½, and π = y·p + (1−y)·(1−p),
 *
 * <pre>
 *   f = a·(1 − π)^gamma·(−y·ln clip(p) − (1−y)·ln(1 − clip(p))),   a = alpha·y + (1−alpha)·(1−y)
 * </pre>
 *
 * torchvision's {@code sigmoid_focal_loss} and Keras' {@code BinaryFocalCrossentropy}.
 *
 * @param input LOGITS or PROBABILITIES
 * @param alpha the weight of positive targets in 0..1, or NaN for a = 1
 * @param gamma how much right predictions are played down; 0 or more
 * @param labelSmoothing in 0..1
 * @param clipLow the least probability of the cross-entropy
 * @param clipHigh the greatest
 * @param inputCheck what is checked of the input
 * @param targetCheck what is checked of the targets
 * @param options what every loss of elements has
 */
public record BinaryFocal(
    InputKind input,
    double alpha,
    double gamma,
    double labelSmoothing,
    double clipLow,
    double clipHigh,
    ValueCheck inputCheck,
    ValueCheck targetCheck,
    ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public BinaryFocal {
    Objects.requireNonNull(inputCheck, "inputCheck");
    Objects.requireNonNull(targetCheck, "targetCheck");
    Objects.requireNonNull(options, "options");
    BinaryCrossEntropy.requireBinary(input, labelSmoothing);
    if (!Double.isNaN(alpha) && !(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha is " + alpha + ", must be in 0..1");
    }
    if (!(gamma >= 0 && Double.isFinite(gamma))) {
      throw new IllegalArgumentException("gamma is " + gamma + ", must be finite and >= 0");
    }
  }

  /** Starts from the mean over all elements, of logits, with gamma 2 and without alpha. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "binary-focal";
  }

  @Override
  public BinaryFocal withReduction(Reduction other) {
    return new BinaryFocal(
        input,
        alpha,
        gamma,
        labelSmoothing,
        clipLow,
        clipHigh,
        inputCheck,
        targetCheck,
        options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    ElementFunction.Kind kind =
        input == InputKind.LOGITS
            ? ElementFunction.Kind.BINARY_FOCAL_LOGITS
            : ElementFunction.Kind.BINARY_FOCAL;
    return options
        .plan(ElementFunction.of(kind).clippedTo(clipLow, clipHigh).focusedBy(alpha, gamma))
        .withTargets(1 - labelSmoothing, labelSmoothing / 2)
        .checking(inputCheck, targetCheck);
  }

  /** Collects the options of a {@link BinaryFocal}. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private InputKind input = InputKind.LOGITS;
    private double alpha = Double.NaN;
    private double gamma = 2;
    private double labelSmoothing;
    private double clipLow;
    private double clipHigh = Double.POSITIVE_INFINITY;
    private ValueCheck inputCheck = ValueCheck.UNIT_INTERVAL;
    private ValueCheck targetCheck = ValueCheck.UNIT_INTERVAL;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** LOGITS, unless said, or PROBABILITIES. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /** The weight of positive targets, 0..1; negative ones weigh 1 − alpha. None unless said. */
    public Builder alpha(double weight) {
      this.alpha = weight;
      return this;
    }

    /** How much right predictions are played down; 2 unless said. */
    public Builder gamma(double exponent) {
      this.gamma = exponent;
      return this;
    }

    /** The share, 0..1, of the target that is drawn towards ½. */
    public Builder labelSmoothing(double share) {
      this.labelSmoothing = share;
      return this;
    }

    /** Bounds the probabilities of which the cross-entropy is taken. */
    public Builder clip(double low, double high) {
      this.clipLow = low;
      this.clipHigh = high;
      return this;
    }

    /** What is checked of probabilities; they lie in 0..1 unless said. */
    public Builder inputCheck(ValueCheck check) {
      this.inputCheck = check;
      return this;
    }

    /** What is checked of the targets; they lie in 0..1 unless said. */
    public Builder targetCheck(ValueCheck check) {
      this.targetCheck = check;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public BinaryFocal build() {
      return new BinaryFocal(
          input,
          alpha,
          gamma,
          labelSmoothing,
          clipLow,
          clipHigh,
          input == InputKind.LOGITS ? ValueCheck.NONE : inputCheck,
          targetCheck,
          options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
