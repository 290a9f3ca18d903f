package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What the losses of {@link Torch} share. Immutable: every option returns another object, and an
 * object may be used by many threads at once.
 *
 * @param <T> the loss itself
 */
public abstract sealed class TorchLoss<T extends TorchLoss<T>>
    permits TorchCrossEntropy, TorchElementLoss, TorchNllLoss {
  private static final ReductionNames REDUCTIONS =
      new ReductionNames(
          Map.of("mean", Reduction.MEAN, "sum", Reduction.SUM, "none", Reduction.NONE));

  final EngineCall call;
  final TorchReduction reduction;

  TorchLoss(EngineCall call, TorchReduction reduction) {
    this.call = call;
    this.reduction = reduction;
  }

  /** The same options otherwise. */
  abstract T with(EngineCall otherCall, TorchReduction otherReduction);

  /** Checks the shapes, lowers the loss and runs it. */
  abstract TensorLoss run(Tensor input, Tensor target, MatrixOutput output);

  /**
   * How the losses become one number: {@code mean} (the default), {@code sum} or {@code none}. The
   * deprecated {@code elementwise_mean} means {@code mean}, with a warning. An unknown one is
   * refused when the loss is evaluated.
   */
  public T reduction(String name) {
    return with(call, reduction.named(Objects.requireNonNull(name, "reduction")));
  }

  /**
   * The deprecated {@code size_average}: false sums where true, the default, averages. Given this
   * or {@link #reduce}, {@code reduction} counts for nothing: {@code none} if reduce is false, else
   * {@code sum} if sizeAverage is false, else {@code mean}; with a warning.
   */
  public T sizeAverage(boolean value) {
    return with(call, reduction.averaging(value));
  }

  /** The deprecated {@code reduce}: false leaves the losses unreduced; see {@link #sizeAverage}. */
  public T reduce(boolean value) {
    return with(call, reduction.reducing(value));
  }

  /** Runs on this engine, which stays the caller's, instead of the one that the facades share. */
  public T on(BatchLoss engine) {
    return with(call.on(Objects.requireNonNull(engine, "engine")), reduction);
  }

  /** Multiplies the gradient of a loss that is reduced to one number. */
  public T upstream(double derivative) {
    return upstream(Tensor.scalar(derivative));
  }

  /**
   * Multiplies the gradient: one number for a reduced loss, as autograd has it, else one an
   * unreduced loss, in their shape. Without it the gradient of unreduced losses is that of their
   * sum.
   */
  public T upstream(Tensor derivatives) {
    return with(call.withUpstream(Objects.requireNonNull(derivatives, "upstream")), reduction);
  }

  /**
   * Computes the loss; blocks until it is there and only reads the tensors.
   *
   * @param input the prediction, floating point
   * @param target what it should have been
   * @throws IllegalArgumentException if shapes, types or options are what PyTorch refuses
   * @throws dev.batchloss.data.InvalidTargetException if a class index is out of range
   */
  public TensorLoss evaluate(Tensor input, Tensor target) {
    return checkedRun(input, target, MatrixOutput.NONE);
  }

  /** The same, and the gradient with respect to {@code input}, in its shape and element type. */
  public TensorLoss withGradient(Tensor input, Tensor target) {
    return checkedRun(input, target, MatrixOutput.GRADIENT);
  }

  /** The reductions that the loss knows. */
  ReductionNames reductions() {
    return REDUCTIONS;
  }

  /** What PyTorch would warn of in any case. */
  List<String> warnings() {
    return reduction.warnings();
  }

  final boolean isUnreduced() {
    return meantReduction().kind() == Reduction.Kind.NONE;
  }

  final Reduction meantReduction() {
    return reductions().named(reduction.meant());
  }

  private TensorLoss checkedRun(Tensor input, Tensor target, MatrixOutput output) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(target, "target");
    if (input.isIntegral()) {
      throw new IllegalArgumentException("input is %s, must be floating point".formatted(input));
    }
    return run(input, target, output);
  }
}
