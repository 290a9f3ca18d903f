package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code torch.nn.functional.mse_loss}; see {@link Torch#mseLoss()} for the formula. Immutable. */
public final class TorchMseLoss extends TorchElementLoss<TorchMseLoss> {
  static final TorchMseLoss DEFAULT =
      new TorchMseLoss(EngineCall.SHARED, TorchReduction.MEAN, null);

  private final @Nullable Tensor weight;

  private TorchMseLoss(EngineCall call, TorchReduction reduction, @Nullable Tensor weight) {
    super(call, reduction);
    this.weight = weight;
  }

  @Override
  TorchMseLoss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchMseLoss(otherCall, otherReduction, weight);
  }

  /** One finite weight an element, of the input's shape; the mean divides by their sum. */
  public TorchMseLoss weight(Tensor weights) {
    return new TorchMseLoss(call, reduction, Objects.requireNonNull(weights, "weight"));
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    ElementCall plain = warningOfSizes(input, target);
    if (weight == null) {
      return plain;
    }
    requireWeightOfInput(weight, input);
    return isUnreduced() ? plain.withElementWeights(weight) : plain.withAveragingWeights(weight);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return MeanSquaredError.builder().classReduction(classReduction).reduction(way).build();
  }
}
