package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Binary cross-entropy, each element a question of its own: one class a row, or many labels a row.
 * With p the probability of the positive class (σ(x) of a logit, clip(x) of a probability), w the
 * positive weight of the class and y the target, smoothed towards ½,
 *
 * <pre>
 *   f = −w·y·ln p − (1−y)·ln(1 − p),   y = (1−labelSmoothing)·target + labelSmoothing/2
 * </pre>
 *
 * PyTorch's {@code BCEWithLogitsLoss} and {@code BCELoss}, Keras' {@code BinaryCrossentropy}. Of
 * logits both terms are formed so that they keep their relative precision: at x = 40 and y = 1 the
 * loss is 4.2e-18.
 *
 * @param input LOGITS or PROBABILITIES
 * @param positiveWeights w, or null for ones
 * @param labelSmoothing in 0..1
 * @param function f with its clipping and floors
 * @param inputCheck what is checked of probabilities
 * @param targetCheck what is checked of the targets
 * @param options what every loss of elements has
 */
public record BinaryCrossEntropy(
    InputKind input,
    @Nullable ClassWeights positiveWeights,
    double labelSmoothing,
    ElementFunction function,
    ValueCheck inputCheck,
    ValueCheck targetCheck,
    ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public BinaryCrossEntropy {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(inputCheck, "inputCheck");
    Objects.requireNonNull(targetCheck, "targetCheck");
    Objects.requireNonNull(options, "options");
    requireBinary(input, labelSmoothing);
  }

  static void requireBinary(InputKind input, double labelSmoothing) {
    if (input != InputKind.LOGITS && input != InputKind.PROBABILITIES) {
      throw new IllegalArgumentException("input is " + input + ", must be LOGITS or PROBABILITIES");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          "labelSmoothing is " + labelSmoothing + ", must be in 0..1");
    }
  }

  /** Starts from the mean over all elements, of logits. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return input == InputKind.LOGITS ? "binary-cross-entropy-with-logits" : "binary-cross-entropy";
  }

  @Override
  public BinaryCrossEntropy withReduction(Reduction other) {
    return new BinaryCrossEntropy(
        input,
        positiveWeights,
        labelSmoothing,
        function,
        inputCheck,
        targetCheck,
        options.withReduction(other));
  }

  /** The same loss with other positive weights. */
  public BinaryCrossEntropy withPositiveWeights(ClassWeights weights) {
    return new BinaryCrossEntropy(
        input, weights, labelSmoothing, function, inputCheck, targetCheck, options);
  }

  @Override
  public ElementPlan plan() {
    return options
        .plan(function)
        .withTargets(1 - labelSmoothing, labelSmoothing / 2)
        .withPositiveWeights(positiveWeights)
        .checking(inputCheck, targetCheck);
  }

  /** Collects the options of a {@link BinaryCrossEntropy}. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private InputKind input = InputKind.LOGITS;
    private @Nullable ClassWeights positiveWeights;
    private double labelSmoothing;
    private double clipLow;
    private double clipHigh = Double.POSITIVE_INFINITY;
    private double logFloor = Double.NEGATIVE_INFINITY;
    private double slopeFloor;
    private @Nullable ValueCheck inputCheck;
    private ValueCheck targetCheck = ValueCheck.UNIT_INTERVAL;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** LOGITS, unless said, or PROBABILITIES. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /**
     * One factor a class for the term of the positive class; copied.
     *
     * @throws IllegalArgumentException if one is not finite
     */
    public Builder positiveWeights(double... weights) {
      this.positiveWeights = ClassWeights.of(weights);
      return this;
    }

    /** The share, 0..1, of the target that is drawn towards ½. */
    public Builder labelSmoothing(double share) {
      this.labelSmoothing = share;
      return this;
    }

    /** Bounds probabilities before their logarithm is taken; those beyond have gradient 0. */
    public Builder clip(double low, double high) {
      this.clipLow = low;
      this.clipHigh = high;
      return this;
    }

    /**
     * PyTorch's way with probabilities of 0 and 1: logarithms are not less than {@code log}, and
     * the derivative is (x − y) / max(x·(1−x), slope).
     */
    public Builder floors(double log, double slope) {
      this.logFloor = log;
      this.slopeFloor = slope;
      return this;
    }

    /** What is checked of the input; probabilities lie in 0..1 unless said. */
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
    public BinaryCrossEntropy build() {
      boolean ofLogits = input == InputKind.LOGITS;
      ElementFunction function =
          ElementFunction.of(
                  ofLogits
                      ? ElementFunction.Kind.BINARY_CROSS_ENTROPY_LOGITS
                      : ElementFunction.Kind.BINARY_CROSS_ENTROPY)
              .clippedTo(clipLow, clipHigh)
              .withFloors(logFloor, slopeFloor);
      if (ofLogits && (clipLow > 0 || clipHigh < Double.POSITIVE_INFINITY || slopeFloor > 0)) {
        throw new IllegalArgumentException("clipping and floors are for PROBABILITIES");
      }
      ValueCheck usual = ofLogits ? ValueCheck.NONE : ValueCheck.UNIT_INTERVAL;
      return new BinaryCrossEntropy(
          input,
          positiveWeights,
          labelSmoothing,
          function,
          inputCheck == null ? usual : inputCheck,
          targetCheck,
          options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
