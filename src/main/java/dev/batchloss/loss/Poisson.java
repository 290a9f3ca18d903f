package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Negative log-likelihood of counts y under Poisson distributions. Of rates f = x − y·ln(x +
 * epsilon), of their logarithms f = e^x − y·x; with the target's term both have Stirling's
 * approximation of ln y!, y·ln y − y + ½·ln 2πy, added where y > 1. PyTorch's {@code
 * PoissonNLLLoss} has log-rates unless said, Keras' {@code Poisson} rates.
 *
 * @param input what x is
 * @param epsilon added to a rate before its logarithm is taken; 0 or more
 * @param targetTerm whether the term that depends on y alone is added
 * @param options what every loss of elements has
 */
public record Poisson(
    PoissonInput input, double epsilon, TargetTerm targetTerm, ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public Poisson {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(targetTerm, "targetTerm");
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
    return "poisson";
  }

  @Override
  public Poisson withReduction(Reduction other) {
    return new Poisson(input, epsilon, targetTerm, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(function());
  }

  private ElementFunction function() {
    ElementFunction function =
        ElementFunction.of(
                input == PoissonInput.RATE
                    ? ElementFunction.Kind.POISSON
                    : ElementFunction.Kind.POISSON_LOGARITHMIC)
            .withEpsilon(epsilon);
    return targetTerm == TargetTerm.STIRLING ? function.withTargetTerm() : function;
  }

  /** Whether the term that depends on the target alone is part of the loss. */
  public enum TargetTerm {
    /** It is not: the gradient has none of it. */
    OMITTED,
    /** Stirling's approximation of ln y!. */
    STIRLING
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private PoissonInput input = PoissonInput.RATE;
    private double epsilon = 1e-8;
    private TargetTerm targetTerm = TargetTerm.OMITTED;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** What the input is; the rate unless said. */
    public Builder input(PoissonInput value) {
      this.input = value;
      return this;
    }

    /** Added to a rate before its logarithm is taken; 1e-8 unless said. */
    public Builder epsilon(double value) {
      this.epsilon = value;
      return this;
    }

    /** Whether the term that depends on the target alone is added; it is not unless said. */
    public Builder targetTerm(TargetTerm value) {
      this.targetTerm = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public Poisson build() {
      return new Poisson(input, epsilon, targetTerm, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
