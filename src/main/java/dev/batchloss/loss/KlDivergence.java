package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import java.util.Objects;

/**
 * Kullback–Leibler divergence of predictions that are distributions already, KL(y ‖ x), element by
 * element (Kullback, Leibler 1951):
 *
 * <pre>
 *   input LOG_PROBABILITIES, targets probabilities:       f = y·(ln y − x)
 *   input LOG_PROBABILITIES, targets log-probabilities:   f = e^y·(y − x)
 *   input PROBABILITIES, targets probabilities:           f = clip(y)·ln(clip(y) / clip(x))
 * </pre>
 *
 * PyTorch's {@code KLDivLoss} (the first two) and Keras' {@code KLDivergence} (the third). The loss
 * of a row is the sum over its classes, its divergence, unless said otherwise; with {@link
 * ClassReduction#MEAN} and MEAN it is PyTorch's {@code reduction='mean'}.
 *
 * @param input LOG_PROBABILITIES or PROBABILITIES
 * @param targets PROBABILITIES or LOG_PROBABILITIES, the latter for an input of those only
 * @param clipLow the least probability of either; 0 for none
 * @param clipHigh the greatest; positive infinity for none
 * @param valueCheck what is checked of those that are probabilities
 * @param options what every loss of elements has
 */
public record KlDivergence(
    InputKind input,
    InputKind targets,
    double clipLow,
    double clipHigh,
    ValueCheck valueCheck,
    ElementOptions options)
    implements ElementLoss {

  /** Refuses what has no meaning. */
  public KlDivergence {
    Objects.requireNonNull(valueCheck, "valueCheck");
    Objects.requireNonNull(options, "options");
    boolean ofLogarithms = input == InputKind.LOG_PROBABILITIES;
    if (!ofLogarithms && input != InputKind.PROBABILITIES) {
      throw new IllegalArgumentException(
          "input is " + input + ", must be LOG_PROBABILITIES or PROBABILITIES");
    }
    if (targets != InputKind.PROBABILITIES
        && !(ofLogarithms && targets == InputKind.LOG_PROBABILITIES)) {
      throw new IllegalArgumentException(
          "targets are %s, must be PROBABILITIES%s"
              .formatted(targets, ofLogarithms ? " or LOG_PROBABILITIES" : ""));
    }
    if (ofLogarithms && (clipLow > 0 || clipHigh < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("clipping is for an input of PROBABILITIES");
    }
  }

  /** Starts from the mean over rows of their divergence, of log-probabilities. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String name() {
    return "kl-divergence";
  }

  @Override
  public KlDivergence withReduction(Reduction other) {
    return new KlDivergence(
        input, targets, clipLow, clipHigh, valueCheck, options.withReduction(other));
  }

  @Override
  public ElementPlan plan() {
    boolean ofLogarithms = input == InputKind.LOG_PROBABILITIES;
    ElementFunction.Kind kind =
        !ofLogarithms
            ? ElementFunction.Kind.KL_DIVERGENCE_PROBABILITIES
            : targets == InputKind.LOG_PROBABILITIES
                ? ElementFunction.Kind.KL_DIVERGENCE_LOG_TARGETS
                : ElementFunction.Kind.KL_DIVERGENCE;
    return options
        .plan(ElementFunction.of(kind).clippedTo(clipLow, clipHigh))
        .checking(
            ofLogarithms ? ValueCheck.NONE : valueCheck,
            targets == InputKind.PROBABILITIES ? valueCheck : ValueCheck.NONE);
  }

  /** Collects the options of a {@link KlDivergence}. */
  public static final class Builder extends ElementLossBuilder<Builder> {
    private InputKind input = InputKind.LOG_PROBABILITIES;
    private InputKind targets = InputKind.PROBABILITIES;
    private double clipLow;
    private double clipHigh = Double.POSITIVE_INFINITY;
    private ValueCheck valueCheck = ValueCheck.UNIT_INTERVAL;

    private Builder() {
      super(ClassReduction.SUM);
    }

    /** LOG_PROBABILITIES, unless said, or PROBABILITIES. */
    public Builder input(InputKind kind) {
      this.input = kind;
      return this;
    }

    /** PROBABILITIES, unless said, or LOG_PROBABILITIES. */
    public Builder targets(InputKind kind) {
      this.targets = kind;
      return this;
    }

    /** Bounds the probabilities of input and targets; those of the input beyond have gradient 0. */
    public Builder clip(double low, double high) {
      this.clipLow = low;
      this.clipHigh = high;
      return this;
    }

    /** What is checked of probabilities; they lie in 0..1 unless said. */
    public Builder valueCheck(ValueCheck check) {
      this.valueCheck = check;
      return this;
    }

    /**
     * Returns the loss.
     *
     * @throws IllegalArgumentException if input and targets do not go together
     */
    public KlDivergence build() {
      return new KlDivergence(input, targets, clipLow, clipHigh, valueCheck, options());
    }

    @Override
    Builder self() {
      return this;
    }
  }
}
