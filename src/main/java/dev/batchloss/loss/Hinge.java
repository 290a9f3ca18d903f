package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * f = max(0, 1 − y·x) with targets y of −1 and 1 (Rosasco et al. 2004), Keras' {@code Hinge}.
 *
 * @param labels the numbers of the two classes
 * @param options what every loss of elements has
 */
public record Hinge(BinaryLabels labels, ElementOptions options) implements ElementLoss {

  /** Refuses what has no meaning. */
  public Hinge {
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(labels, "labels");
  }

  /** Starts from the mean over all elements. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "hinge";
  }

  @Override
  public Hinge withReduction(Reduction other) {
    return new Hinge(labels, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    boolean isZeroOne = labels == BinaryLabels.ZERO_AND_ONE;
    return options
        .plan(ElementFunction.of(ElementFunction.Kind.HINGE))
        .withTargets(isZeroOne ? 2 : 1, isZeroOne ? -1 : 0);
  }

  /** Collects the options. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private BinaryLabels labels = BinaryLabels.MINUS_ONE_AND_ONE;

    private Builder() {
      super(ClassReduction.MEAN);
    }

    /** The numbers of the two classes; −1 and 1 unless said. */
    public Builder labels(BinaryLabels value) {
      this.labels = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public Hinge build() {
      return new Hinge(labels, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
