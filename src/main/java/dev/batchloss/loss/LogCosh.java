package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * f = ln cosh(x − y), about ½·(x − y)² near 0 and |x − y| − ln 2 far from it; Keras' {@code
 * LogCosh}.
 *
 * @param options what every loss of elements has
 */
public record LogCosh(ElementOptions options) implements ElementLoss {

  /** Refuses what has no meaning. */
  public LogCosh {
    Objects.requireNonNull(options, "options");
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "log-cosh";
  }

  @Override
  public LogCosh withReduction(Reduction other) {
    return new LogCosh(options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(ElementFunction.of(ElementFunction.Kind.LOG_COSH));
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
    public LogCosh build() {
      return new LogCosh(options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
