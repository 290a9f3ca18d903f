package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Huber;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch.nn.functional.huber_loss}; see {@link Torch#huberLoss()} for the formula. Immutable.
 */
public final class TorchHuberLoss extends TorchElementLoss<TorchHuberLoss> {
  static final TorchHuberLoss DEFAULT =
      new TorchHuberLoss(EngineCall.SHARED, TorchReduction.MEAN, 1, null);

  private final double delta;
  private final @Nullable Tensor weight;

  private TorchHuberLoss(
      EngineCall call, TorchReduction reduction, double delta, @Nullable Tensor weight) {
    super(call, reduction);
    this.delta = delta;
    this.weight = weight;
  }

  @Override
  TorchHuberLoss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchHuberLoss(otherCall, otherReduction, delta, weight);
  }

  /** Where the square turns into a line, 1 by default; refused unless it is above 0. */
  public TorchHuberLoss delta(double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(
          "huber_loss does not support non-positive values for delta: it is " + value);
    }
    return new TorchHuberLoss(call, reduction, value, weight);
  }

  /**
   * One finite weight an element, of the input's shape; the mean still divides by the number of
   * elements.
   */
  public TorchHuberLoss weight(Tensor weights) {
    return new TorchHuberLoss(call, reduction, delta, Objects.requireNonNull(weights, "weight"));
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    ElementCall plain = warningOfSizes(input, target);
    if (weight == null) {
      return plain;
    }
    requireWeightOfInput(weight, input);
    return plain.withElementWeights(weight);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return Huber.builder().delta(delta).classReduction(classReduction).reduction(way).build();
  }
}
