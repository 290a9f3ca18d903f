package dev.batchloss.compat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;

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
   * {@code binary_cross_entropy(input, target, weight=None, reduction='mean')} of probabilities x:
   * −w·(y·max(ln x, −100) + (1−y)·max(ln(1−x), −100)), with the gradient w·(x−y) / max(x·(1−x),
   * 1e-12). Shapes must be the same; an input outside 0..1 or NaN is refused with {@link
   * dev.batchloss.data.InvalidDataException}, where a rounding error above 1 counts as 1; targets
   * are not checked.
   */
  public static TorchBinaryCrossEntropy binaryCrossEntropy() {
    return TorchBinaryCrossEntropy.DEFAULT;
  }

  /** Returns the mean {@link #binaryCrossEntropy()} with the defaults. */
  public static double binaryCrossEntropy(Tensor input, Tensor target) {
    return binaryCrossEntropy().evaluate(input, target).loss();
  }

  /**
   * {@code binary_cross_entropy_with_logits(input, target, weight=None, reduction='mean',
   * pos_weight=None)}: w·((1−y)·x − (1 + (pos_weight−1)·y)·ln σ(x)). Shapes must be the same;
   * targets are not checked. At x = −∞, and at x = +∞ where y is 1, that is NaN, and the gradient
   * is finite.
   */
  public static TorchBinaryCrossEntropyWithLogits binaryCrossEntropyWithLogits() {
    return TorchBinaryCrossEntropyWithLogits.DEFAULT;
  }

  /** Returns the mean {@link #binaryCrossEntropyWithLogits()} with the defaults. */
  public static double binaryCrossEntropyWithLogits(Tensor input, Tensor target) {
    return binaryCrossEntropyWithLogits().evaluate(input, target).loss();
  }

  /**
   * {@code kl_div(input, target, reduction='mean', log_target=False)} of log-probabilities x: y·ln
   * y − y·x, or e^y·(y − x) with logTarget. It broadcasts. {@code mean} divides by the number of
   * elements, and warns that this is not the divergence; {@code batchmean} divides by the length of
   * the input's first axis. A target of 0 at x = −∞ is NaN. Nothing is checked.
   */
  public static TorchKlDiv klDiv() {
    return TorchKlDiv.DEFAULT;
  }

  /** Returns the mean {@link #klDiv()} with the defaults. */
  public static double klDiv(Tensor input, Tensor target) {
    return klDiv().evaluate(input, target).loss();
  }

  /**
   * {@code mse_loss(input, target, reduction='mean', weight=None)}: w·(x − y)². It broadcasts with
   * a warning. With weights {@code mean} divides by their sum.
   */
  public static TorchMseLoss mseLoss() {
    return TorchMseLoss.DEFAULT;
  }

  /** Returns the mean {@link #mseLoss()} with the defaults. */
  public static double mseLoss(Tensor input, Tensor target) {
    return mseLoss().evaluate(input, target).loss();
  }

  /**
   * {@code l1_loss(input, target, reduction='mean', weight=None)}: w·|x − y|, with the gradient 0
   * where they are equal. It broadcasts with a warning. With weights {@code mean} divides by their
   * sum.
   */
  public static TorchL1Loss l1Loss() {
    return TorchL1Loss.DEFAULT;
  }

  /** Returns the mean {@link #l1Loss()} with the defaults. */
  public static double l1Loss(Tensor input, Tensor target) {
    return l1Loss().evaluate(input, target).loss();
  }

  /**
   * {@code huber_loss(input, target, reduction='mean', delta=1.0, weight=None)}: w·½d² where |d| ≤
   * delta, else w·delta·(|d| − ½·delta), with d = x − y. It broadcasts with a warning. {@code mean}
   * divides by the number of elements, with weights too.
   */
  public static TorchHuberLoss huberLoss() {
    return TorchHuberLoss.DEFAULT;
  }

  /** Returns the mean {@link #huberLoss()} with the defaults. */
  public static double huberLoss(Tensor input, Tensor target) {
    return huberLoss().evaluate(input, target).loss();
  }

  /**
   * {@code smooth_l1_loss(input, target, reduction='mean', beta=1.0)}: ½d²/beta where |d| &lt;
   * beta, else |d| − ½·beta, with d = x − y; {@link #l1Loss()} where beta is 0. It broadcasts with
   * a warning.
   */
  public static TorchSmoothL1Loss smoothL1Loss() {
    return TorchSmoothL1Loss.DEFAULT;
  }

  /** Returns the mean {@link #smoothL1Loss()} with the defaults. */
  public static double smoothL1Loss(Tensor input, Tensor target) {
    return smoothL1Loss().evaluate(input, target).loss();
  }

  /**
   * {@code poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-8,
   * reduction='mean')}: e^x − y·x of logarithms of rates, x − y·ln(x + eps) of rates; full adds
   * y·ln y − y + ½·ln 2πy where y > 1. It broadcasts. Nothing is checked.
   */
  public static TorchPoissonNllLoss poissonNllLoss() {
    return TorchPoissonNllLoss.DEFAULT;
  }

  /** Returns the mean {@link #poissonNllLoss()} with the defaults. */
  public static double poissonNllLoss(Tensor input, Tensor target) {
    return poissonNllLoss().evaluate(input, target).loss();
  }

  /** {@code cosine_similarity(x1, x2)} with its defaults: along axis 1, eps = 1e-8. */
  public static Tensor cosineSimilarity(Tensor x1, Tensor x2) {
    return cosineSimilarity(x1, x2, 1, 1e-8);
  }

  /**
   * {@code cosine_similarity(x1, x2, dim, eps)}: Σ x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)) along an
   * axis of the shape that both broadcast to, FLOAT64 and without that axis.
   *
   * @param x1 floating point
   * @param x2 floating point
   * @param dim the axis, from the end where it is negative
   * @param eps the least norm to divide by; 0 or more
   * @throws IllegalArgumentException if there is no such axis, the shapes do not broadcast, or a
   *     tensor is integral
   */
  public static Tensor cosineSimilarity(Tensor x1, Tensor x2, int dim, double eps) {
    requireFloating("x1", x1);
    requireFloating("x2", x2);
    Shape common = x1.axes().broadcastWith(x2.axes(), "x1 and x2");
    int axis = common.requireAxis("dim", dim);
    Shape rest = common.without(axis);
    if (common.size() == 0) {
      return Tensor.allocate(ElementType.FLOAT64, rest);
    }
    CosineSimilarity loss =
        CosineSimilarity.builder().epsilon(eps).reduction(Reduction.NONE).build();
    return EngineCall.SHARED
        .run(
            loss,
            x1.broadcastTo(common),
            axis,
            Targets.values(x2.broadcastTo(common).rows(axis)),
            rest,
            MatrixOutput.NONE,
            List.of())
        .losses()
        .negated();
  }

  private static void requireFloating(String name, Tensor tensor) {
    if (tensor.isIntegral()) {
      throw new IllegalArgumentException(
          "%s is %s, must be floating point".formatted(name, tensor));
    }
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
