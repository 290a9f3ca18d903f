package dev.batchloss.compat;

/**
 * Losses of {@code torch.nn.functional} as of PyTorch 2.x, with its argument names, defaults and
 * results. Each is an object with the defaults, on which the options are called:
 *
 * <pre>{@code
 * double loss = Torch.crossEntropy().ignoreIndex(0).evaluate(logits, targets).loss();
 * Tensor gradient = Torch.crossEntropy().withGradient(logits, targets).gradient();
 * }</pre>
 *
 * <p>What differs for all of them: losses are double, where PyTorch rounds them to the input's
 * type; class indices may be 32-bit integers too; weights must be finite. The gradient is what
 * {@code backward()} would leave in {@code input.grad}, also where the loss is NaN.
 */
public final class Torch {
  static final long DEFAULT_IGNORE_INDEX = -100;

  private Torch() {}

  /**
   * {@code cross_entropy(input, target, weight=None, ignore_index=-100, reduction='mean',
   * label_smoothing=0.0)}. Inputs are (C), (N, C) or (N, C, d1, ...). With p = log_softmax(input)
   * over the class axis, class weights w and smoothing ε the loss of a row is
   *
   * <pre>
   *   class index t, of shape (), (N) or (N, d1, ...):   −(1−ε)·w_t·p_t − ε/C·Σ w_c·p_c
   *   class probabilities q, of the input's shape:       −Σ w_c·((1−ε)·q_c + ε/C)·p_c
   * </pre>
   *
   * {@code mean} divides by Σ w_t over the rows that are not ignored, also under smoothing, and
   * with probabilities by the number of rows; nothing counted is NaN. Probabilities are not
   * checked.
   *
   * <p>As in PyTorch a probability of 0 at a class that is impossible makes 0·(−∞) = NaN, where
   * {@link dev.batchloss.loss.CrossEntropy} alone has 0. It is +∞ instead where a class of that row
   * has both a probability and an impossible logit; and a class of weight 0 makes no NaN.
   */
  public static TorchCrossEntropy crossEntropy() {
    return TorchCrossEntropy.DEFAULT;
  }

  /** Returns the mean {@link #crossEntropy()} with the defaults. */
  public static double crossEntropy(Tensor input, Tensor target) {
    return crossEntropy().evaluate(input, target).loss();
  }

  /**
   * {@code nll_loss(input, target, weight=None, ignore_index=-100, reduction='mean')}: −w_t·x_t for
   * log-probabilities x of shape (C), (N, C) or (N, C, d1, ...) and class indices of shape (), (N)
   * or (N, d1, ...). {@code mean} divides by Σ w_t over the rows that are not ignored; nothing
   * counted is NaN.
   */
  public static TorchNllLoss nllLoss() {
    return TorchNllLoss.DEFAULT;
  }

  /** Returns the mean {@link #nllLoss()} with the defaults. */
  public static double nllLoss(Tensor input, Tensor target) {
    return nllLoss().evaluate(input, target).loss();
  }

  /**
   * {@code softmax(input, dim)}, in the input's shape and element type; a row of −∞ only is NaN.
   *
   * @param input floating point
   * @param dim the axis, from the end where it is negative
   * @throws IllegalArgumentException if there is no such axis, or the input is integral
   */
  public static Tensor softmax(Tensor input, int dim) {
    return SoftmaxCall.inShape(input, "dim", dim, SoftmaxCall::softmax);
  }

  /** {@code log_softmax(input, dim)}; see {@link #softmax}. */
  public static Tensor logSoftmax(Tensor input, int dim) {
    return SoftmaxCall.inShape(input, "dim", dim, SoftmaxCall::logSoftmax);
  }
}
