package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Focal loss (Lin et al., "Focal Loss for Dense Object Detection", 2017) of the distribution p that
 * a row of the input describes, for class targets: with class weights w, a row with the target t
 * has
 *
 * <pre>
 *   sampleWeight · alpha · w_t · (1−p_t)^gamma · (−log p_t),
 *       p = softmax(x) of logits, e^x of log-probabilities, x of probabilities
 * </pre>
 *
 * The paper's α_t is {@code w_t}; {@code alpha} is one factor for all classes, as Keras has it.
 * With gamma 0 it is cross-entropy. Probabilities outside 0..1, or in a row that does not sum to 1
 * within {@value CrossEntropy#SUM_TOLERANCE}, are refused unless the transform says otherwise; p_t
 * = 0 gives +∞.
 *
 * <p>MEAN divides by Σ sampleWeight·w_t over the rows that are not ignored; neither alpha nor the
 * focusing factor is in it. The gradient is the derivative of the reduced loss with respect to x,
 * denominator included; where p_t is 1 it is 0 unless gamma is.
 *
 * @param transform what the numbers of the matrix are, and how they become p
 * @param gamma how strongly rows that are classified well are discounted; not negative
 * @param alpha multiplies every row; positive
 * @param classWeights w, or null for ones
 * @param ignoredClass rows with this class target contribute nothing, or null for none
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no counted row is
 */
public record SoftmaxFocal(
    InputTransform transform,
    double gamma,
    double alpha,
    @Nullable ClassWeights classWeights,
    @Nullable Long ignoredClass,
    Reduction reduction,
    EmptyMean emptyMean)
    implements ClassWeightedLoss {

  /** The paper's gamma, which is the default. */
  public static final double DEFAULT_GAMMA = 2;

  /** Refuses what has no meaning. */
  public SoftmaxFocal {
    TransformChecks.check(transform);
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    if (!(gamma >= 0 && Double.isFinite(gamma))) {
      throw new IllegalArgumentException("gamma is " + gamma + ", must be finite and >= 0");
    }
    if (!(alpha > 0 && Double.isFinite(alpha))) {
      throw new IllegalArgumentException("alpha is " + alpha + ", must be finite and > 0");
    }
  }

  /** Starts from the mean over logits, gamma {@value #DEFAULT_GAMMA} and alpha 1. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns what the numbers of the matrix are. */
  public InputKind input() {
    return transform.kind();
  }

  @Override
  public String name() {
    return "softmax-focal";
  }

  @Override
  public SoftmaxFocal withReduction(Reduction other) {
    return new SoftmaxFocal(transform, gamma, alpha, classWeights, ignoredClass, other, emptyMean);
  }

  @Override
  public SoftmaxFocal withClassWeights(ClassWeights weights) {
    return new SoftmaxFocal(transform, gamma, alpha, weights, ignoredClass, reduction, emptyMean);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        transform,
        RowObjective.focal(gamma, alpha, classWeights),
        reduction,
        ignoredClass,
        RowPlan.TargetCheck.UNIT_INTERVAL);
  }

  /** Collects the options of a {@link SoftmaxFocal}. */
  public static final class Builder extends TargetClassLossBuilder<Builder> {
    private double gamma = DEFAULT_GAMMA;
    private double alpha = 1;

    private Builder() {}

    /** The exponent of 1 − p_t; not negative, {@value #DEFAULT_GAMMA} unless said. */
    public Builder gamma(double exponent) {
      this.gamma = exponent;
      return this;
    }

    /** Multiplies every row; positive, 1 unless said. */
    public Builder alpha(double factor) {
      this.alpha = factor;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if gamma or alpha is out of range
     */
    public SoftmaxFocal build() {
      return new SoftmaxFocal(
          transform, gamma, alpha, classWeights, ignoredClass, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
