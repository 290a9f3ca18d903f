package dev.batchloss.loss;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import java.util.Objects;

/**
 * Kullback–Leibler divergence (1951), in nats, of the distribution p that a row of the input
 * describes from its target distribution q:
 *
 * <pre>
 *   sampleWeight · Σ q_c·(log q_c − log p_c),
 *       p = softmax(x) of logits, e^x of log-probabilities, x of probabilities
 * </pre>
 *
 * On log-probabilities it is a row of PyTorch's {@code KLDivLoss}, summed. It takes probability
 * targets only, each in 0..1; they need not sum to 1. Where q_c is 0 the term is 0, also where p_c
 * is; where p_c alone is 0 it is +∞. Probabilities outside 0..1, or in a row that does not sum to 1
 * within {@value CrossEntropy#SUM_TOLERANCE}, are refused.
 *
 * <p>MEAN divides by Σ sampleWeight, the number of rows without them. The gradient is the
 * derivative of the reduced loss with respect to x, denominator included: that of cross-entropy
 * with the same targets, from which the divergence differs by their entropy alone.
 *
 * @param input what the numbers of the matrix are
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 */
public record SoftmaxKlDivergence(InputKind input, Reduction reduction, EmptyMean emptyMean)
    implements Loss {

  /** Refuses what is missing. */
  public SoftmaxKlDivergence {
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
    return "softmax-kl-divergence";
  }

  @Override
  public SoftmaxKlDivergence withReduction(Reduction other) {
    return new SoftmaxKlDivergence(input, other, emptyMean);
  }

  @Override
  public RowPlan plan() {
    return new RowPlan(
        PlainInput.transform(input),
        RowObjective.klDivergence(),
        reduction,
        null,
        RowPlan.TargetCheck.UNIT_INTERVAL);
  }

  /** Collects the options of a {@link SoftmaxKlDivergence}. */
  public static final class Builder extends LossBuilder<Builder> {
    private InputKind input = InputKind.LOGITS;

    private Builder() {}

    /** What the numbers of the matrix are; LOGITS unless said. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /** Returns the loss. */
    public SoftmaxKlDivergence build() {
      return new SoftmaxKlDivergence(input, reduction, emptyMean);
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
