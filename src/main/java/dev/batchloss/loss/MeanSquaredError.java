package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Squared error: f = (x − y)², PyTorch's {@code MSELoss} and Keras' {@code MeanSquaredError}.
 *
 * @param options what every loss of elements has
 */
public record MeanSquaredError(ElementOptions options) implements ElementLoss {

  /** Refuses what has no meaning. */
  public MeanSquaredError {
    Objects.requireNonNull(options, "options");
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "mean-squared-error";
  }

  @Override
  public MeanSquaredError withReduction(Reduction other) {
    return new MeanSquaredError(options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(ElementFunction.of(ElementFunction.Kind.SQUARED_ERROR));
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private Builder() {
      super(ClassReduction.MEAN);
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public MeanSquaredError build() {
      return new MeanSquaredError(options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
