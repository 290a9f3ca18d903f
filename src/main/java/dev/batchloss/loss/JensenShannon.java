package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Jensen–Shannon divergence between the distributions that two sets of logits describe: with p =
 * softmax(x / temperature), q = softmax(y / temperature) and m = ½(p + q), ½·KL(p ‖ m) + ½·KL(q ‖
 * m), in 0..ln 2 (Lin, "Divergence Measures Based on the Shannon Entropy", 1991).
 *
 * @param temperature divides both logits; positive
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record JensenShannon(double temperature, Reduction reduction, EmptyMean emptyMean)
    implements PairLoss {

  /** Refuses what has no meaning. */
  public JensenShannon {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    if (!(Double.isFinite(temperature) && temperature > 0)) {
      throw new IllegalArgumentException(
          "temperature is " + temperature + ", must be finite and > 0");
    }
  }

  /** Starts from the mean over all rows. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "jensen-shannon";
  }

  @Override
  public JensenShannon withReduction(Reduction other) {
    return new JensenShannon(temperature, other, emptyMean);
  }

  @Override
  public PairPlan plan() {
    return new PairPlan(PairFunction.JENSEN_SHANNON, 1 / temperature, 1, 0, reduction);
  }

  /** Collects the options. */
  public static final class Builder extends LossBuilder<Builder> {
    private double temperature = 1;

    private Builder() {}

    /** Divides the logits of both; 1 unless said. */
    public Builder temperature(double value) {
      this.temperature = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public JensenShannon build() {
      return new JensenShannon(temperature, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
