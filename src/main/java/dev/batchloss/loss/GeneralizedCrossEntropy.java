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
 * Generalised cross-entropy (Zhang and Sabuncu, "Generalized Cross Entropy Loss for Training Deep
 * Neural Networks with Noisy Labels", 2018) of the distribution p that a row of the input
 * describes, for class targets: with class weights w, a row with the target t has
 *
 * <pre>
 *   sampleWeight · w_t · (1 − p_t^q) / q,
 *       p = softmax(x) of logits, e^x of log-probabilities, x of probabilities
 * </pre>
 *
 * between cross-entropy, the limit of q = 0, and the mean absolute error 1 − p_t of q = 1.
 * Probabilities outside 0..1, or in a row that does not sum to 1 within {@value
 * CrossEntropy#SUM_TOLERANCE}, are refused unless the transform says otherwise; p_t = 0 gives 1/q,
 * and the gradient 0.
 *
 * <p>MEAN divides by Σ sampleWeight·w_t over the rows that are not ignored. The gradient is the
 * derivative of the reduced loss with respect to x, denominator included.
 *
 * @param transform what the numbers of the matrix are, and how they become p
 * @param q in 0..1, not 0
 * @param classWeights w, or null for ones
 * @param ignoredClass rows with this class target contribute nothing, or null for none
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no counted row is
 */
public record GeneralizedCrossEntropy(
    InputTransform transform,
    double q,
    @Nullable ClassWeights classWeights,
    @Nullable Long ignoredClass,
    Reduction reduction,
    EmptyMean emptyMean)
    implements ClassWeightedLoss {

  /** The paper's q, which is the default. */
  public static final double DEFAULT_Q = 0.7;

  /** Refuses what has no meaning. */
  public GeneralizedCrossEntropy {
    TransformChecks.check(transform);
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    TransformChecks.require(q > 0 && q <= 1, "q", q, "> 0 and at most 1");
  }

  /** Starts from the mean over logits and q {@value #DEFAULT_Q}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns what the numbers of the matrix are. */
  public InputKind input() {
    return transform.kind();
  }

  @Override
  public String name() {
    return "generalized-cross-entropy";
  }

  @Override
  public GeneralizedCrossEntropy withReduction(Reduction other) {
    return new GeneralizedCrossEntropy(transform, q, classWeights, ignoredClass, other, emptyMean);
  }

  @Override
  public GeneralizedCrossEntropy withClassWeights(ClassWeights weights) {
    return new GeneralizedCrossEntropy(transform, q, weights, ignoredClass, reduction, emptyMean);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        transform,
        RowObjective.generalized(q, classWeights),
        reduction,
        ignoredClass,
        RowPlan.TargetCheck.UNIT_INTERVAL);
  }

  /** Collects the options of a {@link GeneralizedCrossEntropy}. */
  public static final class Builder extends TargetClassLossBuilder<Builder> {
    private double q = DEFAULT_Q;

    private Builder() {}

    /** Above 0 and at most 1; {@value #DEFAULT_Q} unless said. */
    public Builder q(double exponent) {
      this.q = exponent;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if q is out of range or the transform has no meaning
     */
    public GeneralizedCrossEntropy build() {
      return new GeneralizedCrossEntropy(
          transform, q, classWeights, ignoredClass, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
