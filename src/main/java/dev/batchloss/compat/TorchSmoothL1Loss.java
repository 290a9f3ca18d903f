package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;

/**
 * {@code torch.nn.functional.smooth_l1_loss}; see {@link Torch#smoothL1Loss()} for the formula.
 * Immutable.
 */
public final class TorchSmoothL1Loss extends TorchElementLoss<TorchSmoothL1Loss> {
  static final TorchSmoothL1Loss DEFAULT =
      new TorchSmoothL1Loss(EngineCall.SHARED, TorchReduction.MEAN, 1);

  private final double beta;

  private TorchSmoothL1Loss(EngineCall call, TorchReduction reduction, double beta) {
    super(call, reduction);
    this.beta = beta;
  }

  @Override
  TorchSmoothL1Loss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchSmoothL1Loss(otherCall, otherReduction, beta);
  }

  /** Where the square turns into a line, 1 by default; 0 makes it L1, less is refused. */
  public TorchSmoothL1Loss beta(double value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(
          "smooth_l1_loss does not support negative values for beta: it is " + value);
    }
    return new TorchSmoothL1Loss(call, reduction, value);
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    return warningOfSizes(input, target);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    if (beta == 0) {
      return MeanAbsoluteError.builder().classReduction(classReduction).reduction(way).build();
    }
    return Huber.builder()
        .delta(beta)
        .factor(1 / beta)
        .classReduction(classReduction)
        .reduction(way)
        .build();
  }
}
