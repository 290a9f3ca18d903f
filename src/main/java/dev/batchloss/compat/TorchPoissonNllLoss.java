package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Poisson;
import dev.batchloss.loss.PoissonInput;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ZeroTimesInfinity;

/**
 * {@code torch.nn.functional.poisson_nll_loss}; see {@link Torch#poissonNllLoss()} for the formula.
 * Immutable.
 */
public final class TorchPoissonNllLoss extends TorchElementLoss<TorchPoissonNllLoss> {
  static final TorchPoissonNllLoss DEFAULT =
      new TorchPoissonNllLoss(
          EngineCall.SHARED,
          TorchReduction.MEAN,
          PoissonInput.LOG_RATE,
          Poisson.TargetTerm.OMITTED,
          1e-8);

  private final PoissonInput kind;
  private final Poisson.TargetTerm targetTerm;
  private final double eps;

  private TorchPoissonNllLoss(
      EngineCall call,
      TorchReduction reduction,
      PoissonInput kind,
      Poisson.TargetTerm targetTerm,
      double eps) {
    super(call, reduction);
    this.kind = kind;
    this.targetTerm = targetTerm;
    this.eps = eps;
  }

  @Override
  TorchPoissonNllLoss with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchPoissonNllLoss(otherCall, otherReduction, kind, targetTerm, eps);
  }

  /** Whether the input is the logarithm of the rate, as by default, or the rate. */
  public TorchPoissonNllLoss logInput(boolean value) {
    return new TorchPoissonNllLoss(
        call, reduction, value ? PoissonInput.LOG_RATE : PoissonInput.RATE, targetTerm, eps);
  }

  /** Whether Stirling's approximation of the target's term is added; it is not by default. */
  public TorchPoissonNllLoss full(boolean value) {
    return new TorchPoissonNllLoss(
        call,
        reduction,
        kind,
        value ? Poisson.TargetTerm.STIRLING : Poisson.TargetTerm.OMITTED,
        eps);
  }

  /** What is added to a rate before its logarithm is taken, 1e-8 by default; 0 or more. */
  public TorchPoissonNllLoss eps(double value) {
    return new TorchPoissonNllLoss(call, reduction, kind, targetTerm, value);
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    return broadcasting(input, target);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return Poisson.builder()
        .input(kind)
        .targetTerm(targetTerm)
        .epsilon(eps)
        .zeroTimesInfinity(ZeroTimesInfinity.NAN)
        .classReduction(classReduction)
        .reduction(way)
        .build();
  }
}
