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
 * weights. On log-probabilities n_c = −x_c, on probabilities n_c = −log x_c: rows are taken as they
 * are, but probabilities outside 0..1 or in a row that does not sum to 1 within {@value
 * #SUM_TOLERANCE} are refused.
 *
 * <p>MEAN divides by Σ sampleWeight·w_t over the rows that are not ignored, also under smoothing;
 * with probability targets by Σ sampleWeight. The gradient is the derivative of the reduced loss
 * with respect to x, the numbers that were handed over, denominator included.
 *
 * @param input what the numbers of the matrix are
 * @param classWeights w, or null for ones
 * @param ignoredClass rows with this class target contribute nothing, or null for none
 * @param labelSmoothing ε, 0..1
 * @param reduction how the row losses become one number
 * @param zLoss coefficient of lse²; logits only
 * @param logitScale multiplies the logits (an inverse temperature); logits only
 * @param softcap bounds the logits to ±softcap by softcap·tanh(logitScale·x/softcap); positive
 *     infinity for none; logits only
 * @param emptyMean what the mean over no counted row is
 * @param targetCheck what is checked of probability targets
 * @param zeroTimesInfinity what a target probability of 0 makes of a class of probability 0; with
 *     NAN, which is PyTorch's, without smoothing and class weights of 0, and unless a class that is
 *     wanted has the probability 0 too, the row's loss is NaN
 */
public record CrossEntropy(
    InputKind input,
    @Nullable ClassWeights classWeights,
    @Nullable Long ignoredClass,
    double labelSmoothing,
    Reduction reduction,
    double zLoss,
    double logitScale,
    double softcap,
    EmptyMean emptyMean,
    RowPlan.TargetCheck targetCheck,
    ZeroTimesInfinity zeroTimesInfinity)
    implements ClassWeightedLoss {

  /** How far the sum of a row of probabilities may be from 1. */
  public static final double SUM_TOLERANCE = 1e-3;

  /** Refuses what has no meaning. */
  public CrossEntropy {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    Objects.requireNonNull(targetCheck, "targetCheck");
    Objects.requireNonNull(zeroTimesInfinity, "zeroTimesInfinity");
    require(
        labelSmoothing >= 0 && labelSmoothing <= 1, "labelSmoothing", labelSmoothing, "in 0..1");
    require(Double.isFinite(zLoss), "zLoss", zLoss, "finite");
    require(
        Double.isFinite(logitScale) && logitScale > 0, "logitScale", logitScale, "finite and > 0");
    require(softcap > 0, "softcap", softcap, "> 0");
    if (input != InputKind.LOGITS) {
      require(zLoss == 0, "zLoss", zLoss, "0 unless the input is LOGITS, it is " + input);
      require(
          logitScale == 1,
          "logitScale",
          logitScale,
          "1 unless the input is LOGITS, it is " + input);
      require(
          softcap == Double.POSITIVE_INFINITY,
          "softcap",
          softcap,
          "absent unless the input is LOGITS, it is " + input);
    }
  }

  /** Starts from PyTorch's defaults, but without an ignored class: mean over logits. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "cross-entropy";
  }

  @Override
  public CrossEntropy withReduction(Reduction other) {
    return new CrossEntropy(
        input,
        classWeights,
        ignoredClass,
        labelSmoothing,
        other,
        zLoss,
        logitScale,
        softcap,
        emptyMean,
        targetCheck,
        zeroTimesInfinity);
  }

  @Override
  public CrossEntropy withClassWeights(ClassWeights weights) {
    return new CrossEntropy(
        input,
        weights,
        ignoredClass,
        labelSmoothing,
        reduction,
        zLoss,
        logitScale,
        softcap,
        emptyMean,
        targetCheck,
        zeroTimesInfinity);
  }

  @Override
  public RowPlan plan() {
    InputTransform transform =
        switch (input) {
          case LOGITS -> InputTransform.logits(logitScale, softcap);
          case LOG_PROBABILITIES -> InputTransform.logProbabilities();
          case PROBABILITIES ->
              InputTransform.probabilities(
                  Normalization.NONE, 0, Double.POSITIVE_INFINITY, SUM_TOLERANCE);
        };
    return new RowPlan(
        transform,
        RowObjective.crossEntropy(labelSmoothing, classWeights, zLoss),
        reduction,
        ignoredClass,
        targetCheck,
        zeroTimesInfinity);
  }

  private static void require(boolean holds, String name, double value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + value + ", must be " + wanted);
    }
  }

  /** Collects the options of a {@link CrossEntropy}. */
  public static final class Builder {
    private InputKind input = InputKind.LOGITS;
    private @Nullable ClassWeights classWeights;
    private @Nullable Long ignoredClass;
    private double labelSmoothing;
    private Reduction reduction = Reduction.MEAN;
    private double zLoss;
    private double logitScale = 1;
    private double softcap = Double.POSITIVE_INFINITY;
    private EmptyMean emptyMean = EmptyMean.NAN;
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

    /** How the row losses become one number; MEAN unless said. */
    public Builder reduction(Reduction way) {
      this.reduction = way;
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

    /** What the mean over no counted row is; NaN unless said. */
    public Builder emptyMean(EmptyMean value) {
      this.emptyMean = value;
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
          input,
          classWeights,
          ignoredClass,
          labelSmoothing,
          reduction,
          zLoss,
          logitScale,
          softcap,
          emptyMean,
          targetCheck,
          zeroTimesInfinity);
    }
  }
}
