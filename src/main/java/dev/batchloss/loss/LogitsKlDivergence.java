package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Reduction;
import java.util.Objects;

/**
 * Kullback–Leibler divergence between the distributions that two sets of logits describe: with p =
 * softmax(x / temperature) of the input and q = softmax(y / temperature) of the target values, KL(q
 * ‖ p) = Σ q_c·(ln q_c − ln p_c), or the other way round. Distillation multiplies it by the squared
 * temperature, which keeps the gradient's size (Hinton et al., "Distilling the Knowledge in a
 * Neural Network", 2015).
 *
 * @param temperature divides both logits; positive
 * @param direction whose view it is
 * @param factor multiplies the divergence
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record LogitsKlDivergence(
    double temperature,
    Direction direction,
    double factor,
    Reduction reduction,
    EmptyMean emptyMean)
    implements PairLoss {

  /** Refuses what has no meaning. */
  public LogitsKlDivergence {
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    if (!(Double.isFinite(temperature) && temperature > 0)) {
      throw new IllegalArgumentException(
          "temperature is " + temperature + ", must be finite and > 0");
    }
    Objects.requireNonNull(direction, "direction");
    if (!Double.isFinite(factor)) {
      throw new IllegalArgumentException("factor is " + factor + ", must be finite");
    }
  }

  /** Starts from the mean over all rows. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "logits-kl-divergence";
  }

  @Override
  public LogitsKlDivergence withReduction(Reduction other) {
    return new LogitsKlDivergence(temperature, direction, factor, other, emptyMean);
  }

  @Override
  public PairPlan plan() {
    return new PairPlan(
        direction == Direction.FORWARD ? PairFunction.FORWARD_KL : PairFunction.REVERSE_KL,
        1 / temperature,
        factor,
        0,
        reduction);
  }

  /** Whose distribution the logarithms are weighted by. */
  public enum Direction {
    /** KL(q ‖ p): the targets', which punishes what the input leaves out. */
    FORWARD,
    /** KL(p ‖ q): the input's, which punishes what it makes up. */
    REVERSE
  }

  /** Collects the options. */
  public static final class Builder extends LossBuilder<Builder> {
    private double temperature = 1;
    private Direction direction = Direction.FORWARD;
    private double factor = 1;

    private Builder() {}

    /** Divides the logits of both; 1 unless said. */
    public Builder temperature(double value) {
      this.temperature = value;
      return this;
    }

    /** Whose view it is; FORWARD unless said. */
    public Builder direction(Direction value) {
      this.direction = value;
      return this;
    }

    /** Multiplies the divergence, such as by the squared temperature; 1 unless said. */
    public Builder factor(double value) {
      this.factor = value;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if an option is out of range
     */
    public LogitsKlDivergence build() {
      return new LogitsKlDivergence(temperature, direction, factor, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
