package dev.batchloss.compat;

import dev.batchloss.loss.NegativeLogLikelihood;
import dev.batchloss.plan.MatrixOutput;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code torch.nn.functional.nll_loss}; see {@link Torch#nllLoss()} for the formula. Immutable. */
public final class TorchNllLoss extends TorchLoss<TorchNllLoss> {
  static final TorchNllLoss DEFAULT =
      new TorchNllLoss(EngineCall.SHARED, TorchReduction.MEAN, null, Torch.DEFAULT_IGNORE_INDEX);

  private final @Nullable Tensor weight;
  private final long ignoreIndex;

  private TorchNllLoss(
      EngineCall call, TorchReduction reduction, @Nullable Tensor weight, long ignoreIndex) {
    super(call, reduction);
    this.weight = weight;
    this.ignoreIndex = ignoreIndex;
  }

  @Override
  TorchNllLoss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchNllLoss(otherCall, otherReduction, weight, ignoreIndex);
  }

  /** One finite weight a class; none by default. */
  public TorchNllLoss weight(double... weights) {
    return weight(Tensor.of(weights.clone(), weights.length));
  }

  /** One finite weight a class, of shape (C). */
  public TorchNllLoss weight(Tensor weights) {
    return new TorchNllLoss(
        call, reduction, Objects.requireNonNull(weights, "weight"), ignoreIndex);
  }

  /** A class target whose rows contribute nothing; −100 by default. */
  public TorchNllLoss ignoreIndex(long classIndex) {
    return new TorchNllLoss(call, reduction, weight, classIndex);
  }

  @Override
  TensorLoss run(Tensor input, Tensor target, MatrixOutput output) {
    int classAxis = TorchShapes.classAxis(input);
    Shape lossShape = input.axes().without(classAxis);
    NegativeLogLikelihood.Builder loss =
        NegativeLogLikelihood.builder().reduction(meantReduction()).ignoreIndex(ignoreIndex);
    if (weight != null) {
      loss.classWeights(TorchShapes.classWeights(weight, input.axes().length(classAxis)));
    }
    TorchShapes.requireClassIndices(input, target, lossShape);
    return call.run(
        loss.build(), input, classAxis, target.classes(), lossShape, output, warnings());
  }
}
