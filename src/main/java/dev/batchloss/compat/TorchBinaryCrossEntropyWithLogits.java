package dev.batchloss.compat;

import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code torch.nn.functional.binary_cross_entropy_with_logits}; see {@link
 * Torch#binaryCrossEntropyWithLogits()} for the formula. Immutable.
 */
public final class TorchBinaryCrossEntropyWithLogits
    extends TorchElementLoss<TorchBinaryCrossEntropyWithLogits> {
  static final TorchBinaryCrossEntropyWithLogits DEFAULT =
      new TorchBinaryCrossEntropyWithLogits(EngineCall.SHARED, TorchReduction.MEAN, null, null);

  private final @Nullable Tensor weight;
  private final @Nullable Tensor posWeight;

  private TorchBinaryCrossEntropyWithLogits(
      EngineCall call,
      TorchReduction reduction,
      @Nullable Tensor weight,
      @Nullable Tensor posWeight) {
    super(call, reduction);
    this.weight = weight;
    this.posWeight = posWeight;
  }

  @Override
  TorchBinaryCrossEntropyWithLogits with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchBinaryCrossEntropyWithLogits(otherCall, otherReduction, weight, posWeight);
  }

  /**
   * Finite weights that broadcast to the input's shape; the mean still divides by the number of
   * elements.
   */
  public TorchBinaryCrossEntropyWithLogits weight(Tensor weights) {
    return new TorchBinaryCrossEntropyWithLogits(
        call, reduction, Objects.requireNonNull(weights, "weight"), posWeight);
  }

  /** One finite weight of the positive class for each place of the last axis. */
  public TorchBinaryCrossEntropyWithLogits posWeight(double... weights) {
    return posWeight(Tensor.of(weights.clone(), weights.length));
  }

  /** Finite weights of the positive class, which broadcast to the input's shape. */
  public TorchBinaryCrossEntropyWithLogits posWeight(Tensor weights) {
    return new TorchBinaryCrossEntropyWithLogits(
        call, reduction, weight, Objects.requireNonNull(weights, "posWeight"));
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    requireSameSize(input, target);
    ElementCall plain =
        posWeight == null || input.size() == 0
            ? broadcasting(input, target)
            : withPositiveWeights(input, target, posWeight);
    return weight == null ? plain : plain.withElementWeights(weight);
  }

  /** The axes along which the weights differ count as those of the classes. */
  private ElementCall withPositiveWeights(Tensor input, Tensor target, Tensor positive) {
    Shape shape = input.axes();
    positive.axes().requireBroadcastsTo(shape);
    Shape aligned = positive.axes().alignedTo(shape.rank());
    int end = shape.rank();
    while (end > 1 && aligned.length(end - 1) == 1) {
      end--;
    }
    int first = 0;
    while (first < end - 1 && aligned.length(first) == 1) {
      first++;
    }
    double[] weights =
        positive
            .reshape(aligned.between(first, end))
            .broadcastTo(shape.between(first, end))
            .toDoubles();
    return ElementCall.of(
            call,
            (classReduction, way) -> builder(classReduction, way).positiveWeights(weights).build(),
            input,
            target,
            warnings())
        .withClassAxes(first, end);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return builder(classReduction, way).build();
  }

  private static BinaryCrossEntropy.Builder builder(ClassReduction classReduction, Reduction way) {
    return BinaryCrossEntropy.builder()
        .targetCheck(ValueCheck.NONE)
        .zeroTimesInfinity(ZeroTimesInfinity.NAN)
        .classReduction(classReduction)
        .reduction(way);
  }
}
