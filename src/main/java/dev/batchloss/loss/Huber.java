package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * f = factor·½·d² where |d| ≤ delta, else factor·delta·(|d| − ½·delta), with d = x − y (Huber
 * 1964). PyTorch's {@code SmoothL1Loss(beta)} has delta = beta and factor = 1/beta.
 *
 * @param delta where the square turns into a line; positive
 * @param factor multiplies the whole
 * @param options what every loss of elements has
 */
public record Huber(double delta, double factor, ElementOptions options) implements ElementLoss {

  /** Refuses what has no meaning. */
  public Huber {
    Objects.requireNonNull(options, "options");
    if (!(delta > 0)) {
      throw new IllegalArgumentException("delta is " + delta + ", must be > 0");
    }
    if (!Double.isFinite(factor)) {
      throw new IllegalArgumentException("factor is " + factor + ", must be finite");
    }
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "huber";
  }

  @Override
  public Huber withReduction(Reduction other) {
    return new Huber(delta, factor, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    return options.plan(ElementFunction.of(ElementFunction.Kind.HUBER).linearBeyond(delta, factor));
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private double delta = 1;
    private double factor = 1;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** Where the square turns into a line; 1 unless said. */
    public Builder delta(double value) {
      this.delta = value;
      return this;
    }

    /** Multiplies the whole; 1 unless said. */
    public Builder factor(double value) {
      this.factor = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public Huber build() {
      return new Huber(delta, factor, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
