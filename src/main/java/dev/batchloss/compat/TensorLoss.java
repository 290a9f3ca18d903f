package dev.batchloss.compat;

import dev.batchloss.LossResult;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** What one call of a facade returned. Immutable; its tensors are the caller's. */
public final class TensorLoss {
  private final LossResult result;
  private final double loss;
  private final @Nullable Tensor losses;
  private final @Nullable Tensor gradient;
  private final @Nullable Tensor logProb;
  private final List<String> warnings;

  private TensorLoss(
      LossResult result,
      double loss,
      @Nullable Tensor losses,
      @Nullable Tensor gradient,
      @Nullable Tensor logProb,
      List<String> warnings) {
    this.result = result;
    this.loss = loss;
    this.losses = losses;
    this.gradient = gradient;
    this.logProb = logProb;
    this.warnings = List.copyOf(warnings);
  }

  static TensorLoss reduced(
      LossResult result, double loss, @Nullable Tensor gradient, List<String> warnings) {
    return new TensorLoss(result, loss, null, gradient, null, warnings);
  }

  static TensorLoss unreduced(
      LossResult result, Tensor losses, @Nullable Tensor gradient, List<String> warnings) {
    return new TensorLoss(result, Double.NaN, losses, gradient, null, warnings);
  }

  TensorLoss withLogProb(Tensor logarithms) {
    return new TensorLoss(result, loss, losses, gradient, logarithms, warnings);
  }

  /** The same, the gradient in the shape that the prediction was handed over in. */
  TensorLoss withGradientIn(Shape shape) {
    Tensor reshaped = gradient == null ? null : gradient.reshape(shape);
    return new TensorLoss(result, loss, losses, reshaped, logProb, warnings);
  }

  /** The same with another gradient. */
  TensorLoss withGradient(Tensor other) {
    return new TensorLoss(result, loss, losses, other, logProb, warnings);
  }

  /** The same with other unreduced losses. */
  TensorLoss withLosses(Tensor others) {
    return new TensorLoss(result, loss, others, gradient, logProb, warnings);
  }

  /** Losses, or the loss, and gradients added up; what the engine returned is the other's. */
  TensorLoss plus(TensorLoss other) {
    return new TensorLoss(
        other.result,
        loss + other.loss,
        sum(losses, other.losses),
        sum(gradient, other.gradient),
        null,
        warnings);
  }

  private static @Nullable Tensor sum(@Nullable Tensor a, @Nullable Tensor b) {
    return a == null || b == null ? null : a.plus(b);
  }

  /** The loss 0 and no gradient, as where a library divides by 0 without a NaN. */
  TensorLoss zeroed() {
    Tensor zeros = gradient == null ? null : Tensor.allocate(gradient.type(), gradient.axes());
    return new TensorLoss(result, 0, losses, zeros, logProb, warnings);
  }

  /**
   * Returns the reduced loss.
   *
   * @throws IllegalStateException if the reduction is none, whose result is {@link #losses()}
   */
  public double loss() {
    if (losses != null) {
      throw new IllegalStateException("the reduction is none: there are many losses, see losses()");
    }
    return loss;
  }

  /**
   * Returns the unreduced losses: FLOAT64, in the shape that the library gives them.
   *
   * @throws IllegalStateException if they were reduced to one number, which is {@link #loss()}
   */
  public Tensor losses() {
    if (losses == null) {
      throw new IllegalStateException("the losses were reduced to one number, see loss()");
    }
    return losses;
  }

  /**
   * Returns the gradient with respect to the prediction: its shape and element type.
   *
   * @throws NoSuchElementException if it was not asked for, by {@code withGradient}
   */
  public Tensor gradient() {
    if (gradient == null) {
      throw new NoSuchElementException("no gradient was asked for; see withGradient");
    }
    return gradient;
  }

  /**
   * Returns the logarithm of the softmax of the prediction: its shape and element type.
   *
   * @throws NoSuchElementException if it was not asked for, by ONNX' {@code withLogProb}
   */
  public Tensor logProb() {
    if (logProb == null) {
      throw new NoSuchElementException("no log_prob was asked for; see withLogProb");
    }
    return logProb;
  }

  /** Returns what the engine returned: the backend that ran, counts and exact sums. */
  public LossResult result() {
    return result;
  }

  /** Returns what the library would have warned of, in the order of its checks. */
  public List<String> warnings() {
    return warnings;
  }
}
