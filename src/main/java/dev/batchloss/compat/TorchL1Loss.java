package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code torch.nn.functional.l1_loss}; see {@link Torch#l1Loss()} for the formula. Immutable. */
public final class TorchL1Loss extends TorchElementLoss<TorchL1Loss> {
  static final TorchL1Loss DEFAULT = new TorchL1Loss(EngineCall.SHARED, TorchReduction.MEAN, null);

  private final @Nullable Tensor weight;

  private TorchL1Loss(EngineCall call, TorchReduction reduction, @Nullable Tensor weight) {
    super(call, reduction);
    this.weight = weight;
  }

  @Override
  TorchL1Loss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchL1Loss(otherCall, otherReduction, weight);
  }

  /** One finite weight an element, of the input's shape; the mean divides by their sum. */
  public TorchL1Loss weight(Tensor weights) {
    return new TorchL1Loss(call, reduction, Objects.requireNonNull(weights, "weight"));
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
    return MeanAbsoluteError.builder().classReduction(classReduction).reduction(way).build();
  }
}
