package dev.batchloss.compat;

import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code torch.nn.functional.kl_div}; see {@link Torch#klDiv()} for the formula. Immutable. */
public final class TorchKlDiv extends TorchElementLoss<TorchKlDiv> {
  static final TorchKlDiv DEFAULT =
      new TorchKlDiv(EngineCall.SHARED, TorchReduction.MEAN, InputKind.PROBABILITIES);

  private static final ReductionNames REDUCTIONS =
      new ReductionNames(
          Map.of(
              "mean", Reduction.MEAN,
              "batchmean", Reduction.BATCH_MEAN,
              "sum", Reduction.SUM,
              "none", Reduction.NONE));

  private final InputKind targets;

  private TorchKlDiv(EngineCall call, TorchReduction reduction, InputKind targets) {
    super(call, reduction);
    this.targets = targets;
  }

  @Override
  TorchKlDiv with(EngineCall otherCall, TorchReduction otherReduction) {
    return new TorchKlDiv(otherCall, otherReduction, targets);
  }

  /** Whether the targets are logarithms of probabilities; they are not by default. */
  public TorchKlDiv logTarget(boolean value) {
    return new TorchKlDiv(
        call, reduction, value ? InputKind.LOG_PROBABILITIES : InputKind.PROBABILITIES);
  }

  @Override
  ReductionNames reductions() {
    return REDUCTIONS;
  }

  @Override
  List<String> warnings() {
    List<String> warnings = new ArrayList<>(super.warnings());
    if (warnings.isEmpty() && meantReduction().kind() == Reduction.Kind.MEAN) {
      warnings.add(
          "reduction: 'mean' divides the total loss by both the batch size and the support size."
              + "'batchmean' divides only by the batch size, and aligns with the KL div math"
              + " definition.'mean' will be changed to behave the same as 'batchmean' in the next"
              + " major release.");
    }
    return warnings;
  }

  @Override
  TensorLoss run(Tensor input, Tensor target, MatrixOutput output) {
    Reduction meant = meantReduction();
    return elementCall(input, target)
        .run(meant.kind() == Reduction.Kind.BATCH_MEAN ? overBatch(input) : meant, output);
  }

  /** The sum over the length of the input's first axis; over no batch it is NaN, as a mean is. */
  private static Reduction overBatch(Tensor input) {
    if (input.rank() == 0) {
      return Reduction.SUM;
    }
    long batch = input.axes().length(0);
    return batch == 0 ? Reduction.MEAN : Reduction.sumOver((double) batch);
  }

  @Override
  ElementCall elementCall(Tensor input, Tensor target) {
    return broadcasting(input, target);
  }

  @Override
  ElementLoss loss(ClassReduction classReduction, Reduction way) {
    return KlDivergence.builder()
        .targets(targets)
        .valueCheck(ValueCheck.NONE)
        .zeroTimesInfinity(ZeroTimesInfinity.NAN)
        .classReduction(classReduction)
        .reduction(way)
        .build();
  }
}
