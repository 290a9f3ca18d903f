package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy between the distribution that a row of the input describes and its target. With z
 * the row's logits (scaled, then capped), n_c = lse(z) − z_c, class weights w, label smoothing ε
 * and C classes, the loss of a row is
 *
 * <pre>
 *   class target t:           sampleWeight · ((1−ε)·w_t·n_t + ε/C·Σ w_c·n_c + zLoss·lse²)
 *   probability targets q:    sampleWeight · (Σ w_c·((1−ε)·q_c + ε/C)·n_c  + zLoss·lse²)
 * </pre>
 *
 * which is PyTorch's {@code CrossEntropyLoss} where {@code zLoss} is 0 and there are no sample
 * weights. On log-probabilities n_c = −x_c, on probabilities n_c = −log p_c, where p_c is x_c
 * unless rows are to be normalised or clipped; probabilities outside 0..1 or in a row that does not
 * sum to 1 within the tolerance are refused.
 *
 * <p>MEAN divides by Σ sampleWeight·w_t over the rows that are not ignored, also under smoothing;
 * with probability targets by Σ sampleWeight. The gradient is the derivative of the reduced loss
 * with respect to x, the numbers that were handed over, denominator included.
 *
 * @param transform what the numbers of the matrix are, and how they become z or p
 * @param classWeights w, or null for ones
 * @param ignoredClass rows with this class target contribute nothing, or null for none
 * @param labelSmoothing ε, 0..1
 * @param reduction how the row losses become one number
 * @param zLoss coefficient of lse²; logits only
 * @param emptyMean what the mean over no counted row is
 * @param targetCheck what is checked of probability targets
 * @param zeroTimesInfinity what a target probability (or its class weight) of 0 makes of a class of
 *     probability 0; with NAN, which is PyTorch's, and without smoothing the row's loss is NaN
 */
public record CrossEntropy(
    InputTransform transform,
    @Nullable ClassWeights classWeights,
    @Nullable Long ignoredClass,
    double labelSmoothing,
    Reduction reduction,
    double zLoss,
    EmptyMean emptyMean,
    RowPlan.TargetCheck targetCheck,
    ZeroTimesInfinity zeroTimesInfinity)
    implements ClassWeightedLoss {

  /** How far the sum of a row of probabilities may be from 1, unless said. */
  public static final double SUM_TOLERANCE = 1e-3;

  /** Refuses what has no meaning. */
  public CrossEntropy {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    Objects.requireNonNull(targetCheck, "targetCheck");
    Objects.requireNonNull(zeroTimesInfinity, "zeroTimesInfinity");
    TransformChecks.require(
        labelSmoothing >= 0 && labelSmoothing <= 1, "labelSmoothing", labelSmoothing, "in 0..1");
    TransformChecks.require(Double.isFinite(zLoss), "zLoss", zLoss, "finite");
    TransformChecks.check(transform);
    TransformChecks.require(
        zLoss == 0 || transform.kind() == InputKind.LOGITS,
        "zLoss",
        zLoss,
        "0 unless the input is LOGITS, it is " + transform.kind());
  }

  /** Starts from PyTorch's defaults, but without an ignored class: mean over logits. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "cross-entropy";
  }

  /** Returns what the numbers of the matrix are. */
  public InputKind input() {
    return transform.kind();
  }

  /** Returns what multiplies the logits, an inverse temperature; 1 if nothing does. */
  public double logitScale() {
    return transform.logitScale();
  }

  /** Returns what bounds the logits: softcap·tanh(logitScale·x/softcap); infinity for none. */
  public double softcap() {
    return transform.softcap();
  }

  @Override
  public CrossEntropy withReduction(Reduction other) {
    return new CrossEntropy(
        transform,
        classWeights,
        ignoredClass,
        labelSmoothing,
        other,
        zLoss,
        emptyMean,
        targetCheck,
        zeroTimesInfinity);
  }

  @Override
  public CrossEntropy withClassWeights(ClassWeights weights) {
    return new CrossEntropy(
        transform,
        weights,
        ignoredClass,
        labelSmoothing,
        reduction,
        zLoss,
        emptyMean,
        targetCheck,
        zeroTimesInfinity);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        transform,
        RowObjective.crossEntropy(labelSmoothing, classWeights, zLoss),
        reduction,
        ignoredClass,
        targetCheck,
        zeroTimesInfinity);
  }

  /** Collects the options of a {@link CrossEntropy}. */
  public static final class Builder extends LossBuilder<Builder> {
    private InputKind input = InputKind.LOGITS;
    private @Nullable ClassWeights classWeights;
    private @Nullable Long ignoredClass;
    private double labelSmoothing;
    private double zLoss;
    private double logitScale = 1;
    private double softcap = Double.POSITIVE_INFINITY;
    private Normalization normalization = Normalization.NONE;
    private double clipLow;
    private double clipHigh = Double.POSITIVE_INFINITY;
    private @Nullable Double sumTolerance;
    private RowPlan.TargetCheck targetCheck = RowPlan.TargetCheck.UNIT_INTERVAL;
    private ZeroTimesInfinity zeroTimesInfinity = ZeroTimesInfinity.ZERO;

    private Builder() {}

    /** What the numbers of the matrix are; LOGITS unless said. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /**
     * One weight a class; copied.
     *
     * @throws IllegalArgumentException if a weight is not finite
     */
    public Builder classWeights(double... weights) {
      this.classWeights = ClassWeights.of(weights);
      return this;
    }

    /** Rows with this class target contribute nothing; there is none unless said. */
    public Builder ignoreIndex(long classIndex) {
      this.ignoredClass = classIndex;
      return this;
    }

    /** The share, 0..1, of the target that is spread evenly over all classes. */
    public Builder labelSmoothing(double share) {
      this.labelSmoothing = share;
      return this;
    }

    /** Adds {@code coefficient}·lse² to each row. */
    public Builder zLoss(double coefficient) {
      this.zLoss = coefficient;
      return this;
    }

    /** Multiplies the logits; positive. */
    public Builder logitScale(double factor) {
      this.logitScale = factor;
      return this;
    }

    /** Bounds the logits to ±{@code bound}, after scaling. */
    public Builder softcap(double bound) {
      this.softcap = bound;
      return this;
    }

    /**
     * When a row of probabilities is divided by its sum; NONE unless said. The gradient is that of
     * the normalised loss with respect to x. Probabilities only.
     */
    public Builder normalization(Normalization when) {
      this.normalization = when;
      return this;
    }

    /**
     * Moves probabilities below {@code low} or above {@code high} there, where the gradient is 0;
     * unless said they are not clipped. Probabilities only.
     */
    public Builder clip(double low, double high) {
      this.clipLow = low;
      this.clipHigh = high;
      return this;
    }

    /**
     * Refuses probabilities outside 0..1 and rows whose sum differs from 1 by more than this;
     * {@value CrossEntropy#SUM_TOLERANCE} unless said, positive infinity checks neither.
     * Probabilities only.
     */
    public Builder sumTolerance(double greatestDifference) {
      this.sumTolerance = greatestDifference;
      return this;
    }

    /** What is checked of probability targets; UNIT_INTERVAL unless said. */
    public Builder targetCheck(RowPlan.TargetCheck check) {
      this.targetCheck = check;
      return this;
    }

    /** What a target probability of 0 makes of a class of probability 0; ZERO unless said. */
    public Builder zeroTimesInfinity(ZeroTimesInfinity value) {
      this.zeroTimesInfinity = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range or means nothing for the input
     */
    public CrossEntropy build() {
      return new CrossEntropy(
          transform(),
          classWeights,
          ignoredClass,
          labelSmoothing,
          reduction,
          zLoss,
          emptyMean,
          targetCheck,
          zeroTimesInfinity);
    }

    private InputTransform transform() {
      boolean checks = input == InputKind.PROBABILITIES;
      double tolerance = checks ? SUM_TOLERANCE : Double.POSITIVE_INFINITY;
      return new InputTransform(
          input,
          logitScale,
          softcap,
          normalization,
          clipLow,
          clipHigh,
          sumTolerance == null ? tolerance : sumTolerance);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
