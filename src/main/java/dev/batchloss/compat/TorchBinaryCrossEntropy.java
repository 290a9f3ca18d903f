package dev.batchloss.compat;

import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch.nn.functional.binary_cross_entropy}; see {@link Torch#binaryCrossEntropy()} for the
 * formula. Immutable.
 */
public final class TorchBinaryCrossEntropy extends TorchElementLoss<TorchBinaryCrossEntropy> {
  static final TorchBinaryCrossEntropy DEFAULT =
      new TorchBinaryCrossEntropy(EngineCall.SHARED, TorchReduction.MEAN, null);

  private static final double LOG_FLOOR = -100;
  private static final double SLOPE_FLOOR = 1e-12;

  private final @Nullable Tensor weight;

  private TorchBinaryCrossEntropy(
      EngineCall call, TorchReduction reduction, @Nullable Tensor weight) {
    super(call, reduction);
    this.weight = weight;
  }

  @Override
  TorchBinaryCrossEntropy with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchBinaryCrossEntropy(otherCall, otherReduction, weight);
  }

  /**
   * Finite weights that broadcast to the input's shape; the mean still divides by the number of
   * elements.
   */
  public TorchBinaryCrossEntropy weight(Tensor weights) {
    return new TorchBinaryCrossEntropy(call, reduction, Objects.requireNonNull(weights, "weight"));
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    requireSameSize(input, target);
    ElementCall plain = broadcasting(input, target);
    return weight == null ? plain : plain.withElementWeights(weight);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return BinaryCrossEntropy.builder()
        .input(InputKind.PROBABILITIES)
        .clip(0, 1)
        .floors(LOG_FLOOR, SLOPE_FLOOR)
        .targetCheck(ValueCheck.NONE)
        .classReduction(classReduction)
        .reduction(way)
        .build();
  }
}
