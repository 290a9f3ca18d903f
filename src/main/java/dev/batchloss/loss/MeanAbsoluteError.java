package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Absolute error: f = |x − y|, PyTorch's {@code L1Loss} and Keras' {@code MeanAbsoluteError}. The
 * derivative where x = y is 0.
 *
 * @param options what every loss of elements has
 */
public record MeanAbsoluteError(ElementOptions options) implements ElementLoss {

  /** Refuses what has no meaning. */
  public MeanAbsoluteError {
    Objects.requireNonNull(options, "options");
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "mean-absolute-error";
  }

  @Override
  public MeanAbsoluteError withReduction(Reduction other) {
    return new MeanAbsoluteError(options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(ElementFunction.of(ElementFunction.Kind.ABSOLUTE_ERROR));
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
    public MeanAbsoluteError build() {
      return new MeanAbsoluteError(options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
