package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Hinge over classes: max(0, 1 + max_c (1 − y_c)·x_c − Σ y_c·x_c), y one-hot; Keras' {@code
 * CategoricalHinge}.
 *
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record CategoricalHinge(Reduction reduction, EmptyMean emptyMean) implements PairLoss {

  /** Refuses what has no meaning. */
  public CategoricalHinge {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
  }

  /** Starts from the mean over all rows. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "categorical-hinge";
  }

  @Override
  public CategoricalHinge withReduction(Reduction other) {
    return new CategoricalHinge(other, emptyMean);
  }

  @Override
  public PairPlan plan() {
    return new PairPlan(PairFunction.CATEGORICAL_HINGE, 1, 1, 0, reduction);
  }

  /** Collects the options. */
  public static final class Builder extends LossBuilder<Builder> {
    private Builder() {}

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public CategoricalHinge build() {
      return new CategoricalHinge(reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
