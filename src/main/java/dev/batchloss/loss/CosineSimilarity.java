package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Negative cosine of the angle between two rows, in −1..1, so that less is closer: −Σ x_c·y_c /
 * (max(‖x‖, epsilon)·max(‖y‖, epsilon)), Keras' {@code CosineSimilarity}.
 *
 * @param epsilon the least norm to divide by; 0 or more
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record CosineSimilarity(double epsilon, Reduction reduction, EmptyMean emptyMean)
    implements PairLoss {

  /** Refuses what has no meaning. */
  public CosineSimilarity {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    if (!(epsilon >= 0)) {
      throw new IllegalArgumentException("epsilon is " + epsilon + ", must be >= 0");
    }
  }

  /** Starts from the mean over all rows. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "cosine-similarity";
  }

  @Override
  public CosineSimilarity withReduction(Reduction other) {
    return new CosineSimilarity(epsilon, other, emptyMean);
  }

  @Override
  public PairPlan plan() {
    return new PairPlan(PairFunction.COSINE_SIMILARITY, 1, 1, epsilon, reduction);
  }

  /** Collects the options. */
  public static final class Builder extends LossBuilder<Builder> {
    private double epsilon = 1e-7;

    private Builder() {}

    /** The least norm to divide by; 1e-7 unless said. */
    public Builder epsilon(double value) {
      this.epsilon = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public CosineSimilarity build() {
      return new CosineSimilarity(epsilon, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
