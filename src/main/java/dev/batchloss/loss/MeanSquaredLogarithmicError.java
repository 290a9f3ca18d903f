package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * f = (ln(1 + max(x, epsilon)) − ln(1 + max(y, epsilon)))², Keras' {@code
 * MeanSquaredLogarithmicError}.
 *
 * @param epsilon the least value of either; 0 or more
 * @param options what every loss of elements has
 */
public record MeanSquaredLogarithmicError(double epsilon, ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public MeanSquaredLogarithmicError {
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
    return "mean-squared-logarithmic-error";
  }

  @Override
  public MeanSquaredLogarithmicError withReduction(Reduction other) {
    return new MeanSquaredLogarithmicError(epsilon, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(
        ElementFunction.of(ElementFunction.Kind.SQUARED_LOGARITHMIC_ERROR).withEpsilon(epsilon));
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private double epsilon = 1e-7;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** The least value of either; 1e-7 unless said. */
    public Builder epsilon(double value) {
      this.epsilon = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public MeanSquaredLogarithmicError build() {
      return new MeanSquaredLogarithmicError(epsilon, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
