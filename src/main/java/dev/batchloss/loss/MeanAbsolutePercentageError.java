package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * f = 100·|x − y| / max(|y|, epsilon), Keras' {@code MeanAbsolutePercentageError}.
 *
 * @param epsilon the least |y| to divide by; 0 or more
 * @param options what every loss of elements has
 */
public record MeanAbsolutePercentageError(double epsilon, ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public MeanAbsolutePercentageError {
    Objects.requireNonNull(options, "options");
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon is " + epsilon + ", must be >= 0");
    }
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "mean-absolute-percentage-error";
  }

  @Override
  public MeanAbsolutePercentageError withReduction(Reduction other) {
    return new MeanAbsolutePercentageError(epsilon, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(
        ElementFunction.of(ElementFunction.Kind.ABSOLUTE_PERCENTAGE_ERROR).withEpsilon(epsilon));
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private double epsilon = 1e-7;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** The least |y| to divide by; 1e-7 unless said. */
    public Builder epsilon(double value) {
      this.epsilon = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public MeanAbsolutePercentageError build() {
      return new MeanAbsolutePercentageError(epsilon, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
