package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.ArrayList;
import java.util.List;

/**
 * What the losses of {@link Torch} share that compare element by element: prediction and target
 * have any rank, {@code mean} divides by the number of elements, and integers are taken as targets.
 * Immutable.
 *
 * @param <T> the loss itself
 */
public abstract sealed class TorchElementLoss<T extends TorchElementLoss<T>> extends TorchLoss<T>
    permits TorchBinaryCrossEntropy,
        TorchBinaryCrossEntropyWithLogits,
        TorchHuberLoss,
        TorchKlDiv,
        TorchL1Loss,
        TorchMseLoss,
        TorchPoissonNllLoss,
        TorchSmoothL1Loss {

  TorchElementLoss(EngineCall call, TorchReduction reduction) {
    super(call, reduction);
  }

  /** Checks the shapes and says what to run. */
  abstract ElementCall elementCall(Tensor input, Tensor target);

  /** Lowers the loss. */
  abstract ElementLoss loss(ClassReduction classReduction, Reduction reduction);

  @Override
  TensorLoss run(Tensor input, Tensor target, MatrixOutput output) {
    return elementCall(input, target).run(meantReduction(), output);
  }

  /** What a loss runs that broadcasts without a word. */
  final ElementCall broadcasting(Tensor input, Tensor target) {
    return ElementCall.of(call, this::loss, input, target, warnings());
  }

  /** What a loss runs that warns where it broadcasts. */
  final ElementCall warningOfSizes(Tensor input, Tensor target) {
    List<String> warnings = new ArrayList<>(warnings());
    if (!target.axes().equals(input.axes())) {
      warnings.add(
          "Using a target size (%s) that is different to the input size (%s). This will likely lead"
                  .formatted(target.axes(), input.axes())
              + " to incorrect results due to broadcasting. Please ensure they have the same"
              + " size.");
    }
    return ElementCall.of(call, this::loss, input, target, warnings);
  }

  static void requireSameSize(Tensor input, Tensor target) {
    if (!target.axes().equals(input.axes())) {
      throw new IllegalArgumentException(
          "target size (%s) must be the same as input size (%s)"
              .formatted(target.axes(), input.axes()));
    }
  }

  static void requireWeightOfInput(Tensor weight, Tensor input) {
    if (!weight.axes().equals(input.axes())) {
      throw new IllegalArgumentException(
          "weight size (%s) must be the same as input size (%s)"
              .formatted(weight.axes(), input.axes()));
    }
  }
}
