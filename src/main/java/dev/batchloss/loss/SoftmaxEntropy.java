package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import java.util.Objects;

/**
 * Shannon's entropy (1948), in nats, of the distribution p that a row of the input describes:
 *
 * <pre>
 *   H = −Σ p_c·log p_c,    p = softmax(x) of logits, e^x of log-probabilities, x of probabilities
 * </pre>
 *
 * It takes no targets, and with them no sample weights: what entropy minimisation (Grandvalet and
 * Bengio 2004) and, negated, the confidence penalty (Pereyra et al. 2017) add to a loss. A class of
 * probability 0 contributes 0. Probabilities outside 0..1, or in a row that does not sum to 1
 * within {@value CrossEntropy#SUM_TOLERANCE}, are refused.
 *
 * <p>MEAN divides by the number of rows. The gradient is the derivative of the reduced loss with
 * respect to x, denominator included; before it that of a row is −p_c·(log p_c + H) for logits,
 * −p_c·(log p_c + 1) for log-probabilities and −(log p_c + 1) for probabilities, which is +∞ where
 * p_c is 0.
 *
 * @param input what the numbers of the matrix are
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record SoftmaxEntropy(InputKind input, Reduction reduction, EmptyMean emptyMean)
    implements Loss {

  /** Refuses what is missing. */
  public SoftmaxEntropy {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
  }

  /** Starts from the mean over logits. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "softmax-entropy";
  }

  @Override
  public SoftmaxEntropy withReduction(Reduction other) {
    return new SoftmaxEntropy(input, other, emptyMean);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        PlainInput.transform(input),
        RowObjective.predictedEntropy(),
        reduction,
        null,
        RowPlan.TargetCheck.NONE);
  }

  /** Collects the options of a {@link SoftmaxEntropy}. */
  public static final class Builder extends LossBuilder<Builder> {
    private InputKind input = InputKind.LOGITS;

    private Builder() {}

    /** What the numbers of the matrix are; LOGITS unless said. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /** Returns the loss. */
    public SoftmaxEntropy build() {
      return new SoftmaxEntropy(input, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
