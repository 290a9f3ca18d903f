package dev.batchloss.loss;

import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Negative log-likelihood of log-probabilities x, with class weights w:
 *
 * <pre>
 *   class target t:            sampleWeight · w_t·(−x_t)
 *   probability targets q:     sampleWeight · Σ w_c·q_c·(−x_c)
 * </pre>
 *
 * which is PyTorch's {@code NLLLoss} where there are class targets and no sample weights. The
 * log-probabilities are not checked: that e^x sums to 1 is up to whoever made them. Where q_c is 0
 * its term is 0, also at −∞.
 *
 * <p>MEAN divides by Σ sampleWeight·w_t over the rows that are not ignored, with probability
 * targets by Σ sampleWeight. The gradient is the derivative of the reduced loss with respect to x:
 * −sampleWeight·w_t at the target and 0 elsewhere, or −sampleWeight·w_c·q_c, over the denominator.
 *
 * @param classWeights w, or null for ones
 * @param ignoredClass rows with this class target contribute nothing, or null for none
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no counted row is
 */
public record NegativeLogLikelihood(
    @Nullable ClassWeights classWeights,
    @Nullable Long ignoredClass,
    Reduction reduction,
    EmptyMean emptyMean)
    implements ClassWeightedLoss {

  /** Refuses what is missing. */
  public NegativeLogLikelihood {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
  }

  /** Starts from PyTorch's defaults, but without an ignored class: the mean. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "negative-log-likelihood";
  }

  @Override
  public NegativeLogLikelihood withReduction(Reduction other) {
    return new NegativeLogLikelihood(classWeights, ignoredClass, other, emptyMean);
  }

  @Override
  public NegativeLogLikelihood withClassWeights(ClassWeights weights) {
    return new NegativeLogLikelihood(weights, ignoredClass, reduction, emptyMean);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        PlainInput.transform(InputKind.LOG_PROBABILITIES),
        RowObjective.crossEntropy(0, classWeights, 0),
        reduction,
        ignoredClass,
        RowPlan.TargetCheck.UNIT_INTERVAL);
  }

  /** Collects the options of a {@link NegativeLogLikelihood}. */
  public static final class Builder extends LossBuilder<Builder> {
    private @Nullable ClassWeights classWeights;
    private @Nullable Long ignoredClass;

    private Builder() {}

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

    /** Returns the loss. */
    public NegativeLogLikelihood build() {
      return new NegativeLogLikelihood(classWeights, ignoredClass, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
