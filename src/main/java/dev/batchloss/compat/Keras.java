package dev.batchloss.compat;

import dev.batchloss.loss.BinaryLabels;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.Hinge;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.loss.MeanAbsolutePercentageError;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.MeanSquaredLogarithmicError;
import dev.batchloss.loss.Poisson;
import dev.batchloss.loss.PoissonInput;
import dev.batchloss.loss.SquaredHinge;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;

/**
 * The losses of {@code keras.losses} as of Keras 3.15, with its argument names, defaults and
 * results. Each is an object with the defaults, on which the options are called; arguments are in
 * Keras' order, {@code yTrue} first:
 *
 * <pre>{@code
 * double loss = Keras.categoricalCrossentropy().fromLogits().evaluate(yTrue, yPred).loss();
 * Tensor losses = Keras.huber().reduction("none").evaluate(yTrue, yPred).losses();
 * }</pre>
 *
 * <p>Where Keras' backends differ, this is the JAX one. PyTorch's agrees with it, but for class
 * indices out of range. TensorFlow's does not divide the rows of sparse categorical cross-entropy
 * by their sum before it clips them, but after.
 *
 * <p>For all of them: the losses of the rows, one for each place but along the class axis or the
 * last, are multiplied by the sample weights and the mask, summed, and divided by the <em>number of
 * losses</em>, weighted or not ({@code sum_over_batch_size}), or by the sum of the weights as they
 * were handed over ({@code mean_with_sample_weight}). Where that is 0 the loss is 0. Where ranks
 * differ by one, an axis of length 1 at the end is dropped or added. The function of the same name,
 * {@code keras.losses.huber}, is the class with the reduction none.
 *
 * <p>What differs for all of them: numbers are computed in the predictions' element type (FLOAT64
 * for doubles and integers), where Keras converts them to float32, and losses are double; weights
 * must be finite; where a loss has a corner, its slope there is 0 or one of the two, not the mean.
 * Losses over no element are 0 also where Keras returns an array of none.
 */
public final class Keras {
  private Keras() {}

  /**
   * {@code CategoricalCrossentropy(from_logits=False, label_smoothing=0.0, axis=-1)}: −Σ y_c·log
   * p_c over the class axis, y of the predictions' shape, y·(1−ε) + ε/n after smoothing.
   *
   * <pre>
   *   logits x:          log p = log_softmax(x)
   *   probabilities x:   p = clip(x / Σ x, 1e-7, 1 − 1e-7)
   * </pre>
   *
   * <p>n is the length of the last axis, whichever the class axis is. Neither y nor x is checked.
   * Of logits a target of 0 at an impossible class is 0·(−∞) = NaN, unless a class that is wanted
   * is impossible too: then +∞. The core's {@link dev.batchloss.loss.CrossEntropy} has 0 for the
   * first, and neither divides nor clips.
   */
  public static KerasCategoricalCrossentropy categoricalCrossentropy() {
    return KerasCategoricalCrossentropy.DEFAULT;
  }

  /** Returns the {@link #categoricalCrossentropy()} with the defaults. */
  public static double categoricalCrossentropy(Tensor yTrue, Tensor yPred) {
    return categoricalCrossentropy().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code SparseCategoricalCrossentropy(from_logits=False, ignore_class=None, axis=-1)}: −log p_t,
   * p as in {@link #categoricalCrossentropy()} and t the label, of the predictions' shape without
   * the class axis or with a 1 there. Labels may be floating point; fractions are dropped.
   *
   * <p>Losses of the label {@code ignore_class} are 0, and {@code sum_over_batch_size} divides by
   * the number of the others, {@code mean_with_sample_weight} by the weights of the others. A label
   * out of range is refused; JAX gives such a row the loss 0, TensorFlow NaN on a GPU. Any axis may
   * be the class axis, as with PyTorch; the other backends know the last alone. Of logits the
   * label's log p is all that is read, as with TensorFlow: a −∞ elsewhere in the row makes it NaN
   * with the other backends.
   */
  public static KerasSparseCategoricalCrossentropy sparseCategoricalCrossentropy() {
    return KerasSparseCategoricalCrossentropy.DEFAULT;
  }

  /** Returns the {@link #sparseCategoricalCrossentropy()} with the defaults. */
  public static double sparseCategoricalCrossentropy(Tensor yTrue, Tensor yPred) {
    return sparseCategoricalCrossentropy().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code CategoricalFocalCrossentropy(alpha=0.25, gamma=2.0, from_logits=False,
   * label_smoothing=0.0, axis=-1)}: Σ alpha_c·(1−p_c)^gamma·(−y_c·log p_c), p the softmax of logits
   * or the probabilities, in either case divided by the row's sum and clipped to 1e-7 … 1 − 1e-7;
   * smoothed as in {@link #categoricalCrossentropy()}. {@code alpha} may be one number a class.
   *
   * <p>Targets that are not one-hot, or smoothed, take as many passes as there are classes; what
   * {@link TensorLoss#result()} says is of the last of them. Of logits the probabilities are
   * written first.
   */
  public static KerasCategoricalFocalCrossentropy categoricalFocalCrossentropy() {
    return KerasCategoricalFocalCrossentropy.DEFAULT;
  }

  /** Returns the {@link #categoricalFocalCrossentropy()} with the defaults. */
  public static double categoricalFocalCrossentropy(Tensor yTrue, Tensor yPred) {
    return categoricalFocalCrossentropy().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code CategoricalGeneralizedCrossEntropy(q=0.5)}: (1 − p_t^q)/q, p the predictions as they are
   * along the last axis and t the label. The mean is over the losses. Labels of shape (N, 1), of
   * which Keras makes N·N losses, are taken as (N); labels out of range are refused, where Keras
   * has p = 0. At p_t = 0 the gradient is 0, where Keras' is infinite.
   */
  public static KerasCategoricalGeneralizedCrossEntropy categoricalGeneralizedCrossEntropy() {
    return KerasCategoricalGeneralizedCrossEntropy.DEFAULT;
  }

  /** Returns the {@link #categoricalGeneralizedCrossEntropy()} with the defaults. */
  public static double categoricalGeneralizedCrossEntropy(Tensor yTrue, Tensor yPred) {
    return categoricalGeneralizedCrossEntropy().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code BinaryCrossentropy(from_logits=False, label_smoothing=0.0, axis=-1)}: the mean along the
   * axis of −y·log p − (1−y)·log(1−p), y·(1−ε) + ε/2 after smoothing, p the logistic function of
   * logits or the probabilities clipped to 1e-7 … 1 − 1e-7. Shapes must be the same. A logit of −∞
   * is NaN, as with PyTorch; with JAX and TensorFlow it is +∞ where the target is 1.
   */
  public static KerasBinaryCrossentropy binaryCrossentropy() {
    return KerasBinaryCrossentropy.DEFAULT;
  }

  /** Returns the {@link #binaryCrossentropy()} with the defaults. */
  public static double binaryCrossentropy(Tensor yTrue, Tensor yPred) {
    return binaryCrossentropy().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code BinaryFocalCrossentropy(apply_class_balancing=False, alpha=0.25, gamma=2.0,
   * from_logits=False, label_smoothing=0.0, axis=-1)}: the mean along the axis of a·(1 −
   * π)^gamma·b, b the {@link #binaryCrossentropy()} of p, π = y·p + (1−y)·(1−p), and a = 1, or
   * alpha·y + (1−alpha)·(1−y) with class balancing. p is the logistic function of logits or the
   * probability: b takes it clipped to 1e-7 … 1 − 1e-7, π as it is.
   */
  public static KerasBinaryFocalCrossentropy binaryFocalCrossentropy() {
    return KerasBinaryFocalCrossentropy.DEFAULT;
  }

  /** Returns the {@link #binaryFocalCrossentropy()} with the defaults. */
  public static double binaryFocalCrossentropy(Tensor yTrue, Tensor yPred) {
    return binaryFocalCrossentropy().evaluate(yTrue, yPred).loss();
  }

  /** {@code KLDivergence()}: Σ y·log(y/p) along the last axis, y and p clipped to 1e-7 … 1. */
  public static KerasComparison klDivergence() {
    return KerasComparison.of(
        KlDivergence.builder()
            .input(InputKind.PROBABILITIES)
            .clip(KerasShapes.EPSILON, 1)
            .valueCheck(ValueCheck.NONE)
            .build());
  }

  /** Returns the {@link #klDivergence()} with the defaults. */
  public static double klDivergence(Tensor yTrue, Tensor yPred) {
    return klDivergence().evaluate(yTrue, yPred).loss();
  }

  /** {@code Poisson()}: the mean of p − y·log(p + 1e-7) along the last axis. */
  public static KerasComparison poisson() {
    return KerasComparison.of(
        Poisson.builder()
            .input(PoissonInput.RATE)
            .epsilon(KerasShapes.EPSILON)
            .zeroTimesInfinity(ZeroTimesInfinity.NAN)
            .build());
  }

  /** Returns the {@link #poisson()} with the defaults. */
  public static double poisson(Tensor yTrue, Tensor yPred) {
    return poisson().evaluate(yTrue, yPred).loss();
  }

  /** {@code MeanSquaredError()}: the mean of (p − y)² along the last axis. */
  public static KerasComparison meanSquaredError() {
    return KerasComparison.of(MeanSquaredError.builder().build());
  }

  /** Returns the {@link #meanSquaredError()} with the defaults. */
  public static double meanSquaredError(Tensor yTrue, Tensor yPred) {
    return meanSquaredError().evaluate(yTrue, yPred).loss();
  }

  /** {@code MeanAbsoluteError()}: the mean of |p − y| along the last axis. */
  public static KerasComparison meanAbsoluteError() {
    return KerasComparison.of(MeanAbsoluteError.builder().build());
  }

  /** Returns the {@link #meanAbsoluteError()} with the defaults. */
  public static double meanAbsoluteError(Tensor yTrue, Tensor yPred) {
    return meanAbsoluteError().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code MeanAbsolutePercentageError()}: 100 times the mean of |p − y| / max(|y|, 1e-7) along the
   * last axis.
   */
  public static KerasComparison meanAbsolutePercentageError() {
    return KerasComparison.of(
        MeanAbsolutePercentageError.builder().epsilon(KerasShapes.EPSILON).build());
  }

  /** Returns the {@link #meanAbsolutePercentageError()} with the defaults. */
  public static double meanAbsolutePercentageError(Tensor yTrue, Tensor yPred) {
    return meanAbsolutePercentageError().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code MeanSquaredLogarithmicError()}: the mean of (log(max(p, 1e-7) + 1) − log(max(y, 1e-7) +
   * 1))² along the last axis.
   */
  public static KerasComparison meanSquaredLogarithmicError() {
    return KerasComparison.of(
        MeanSquaredLogarithmicError.builder().epsilon(KerasShapes.EPSILON).build());
  }

  /** Returns the {@link #meanSquaredLogarithmicError()} with the defaults. */
  public static double meanSquaredLogarithmicError(Tensor yTrue, Tensor yPred) {
    return meanSquaredLogarithmicError().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code Huber(delta=1.0)}: the mean along the last axis of ½·d² where |d| ≤ delta, else
   * delta·|d| − ½·delta², with d = p − y.
   */
  public static KerasHuber huber() {
    return KerasHuber.DEFAULT;
  }

  /** Returns the {@link #huber()} with the defaults. */
  public static double huber(Tensor yTrue, Tensor yPred) {
    return huber().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code LogCosh()}: the mean of log cosh(p − y) along the last axis. Where p − y is −∞ it is +∞,
   * where Keras has NaN.
   */
  public static KerasComparison logCosh() {
    return KerasComparison.of(LogCosh.builder().build());
  }

  /** Returns the {@link #logCosh()} with the defaults. */
  public static double logCosh(Tensor yTrue, Tensor yPred) {
    return logCosh().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code CosineSimilarity(axis=-1)}: −Σ y·p / (‖y‖·‖p‖) along the axis, norms not below 1e-7: −1
   * for the same direction.
   */
  public static KerasCosineSimilarity cosineSimilarity() {
    return KerasCosineSimilarity.DEFAULT;
  }

  /** Returns the {@link #cosineSimilarity()} with the defaults. */
  public static double cosineSimilarity(Tensor yTrue, Tensor yPred) {
    return cosineSimilarity().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code Hinge()}: the mean of max(1 − y·p, 0) along the last axis; where all labels of the call
   * are 0 or 1, y is 2·label − 1.
   */
  public static KerasComparison hinge() {
    return KerasComparison.depending(yTrue -> Hinge.builder().labels(labelsOf(yTrue)).build());
  }

  /** Returns the {@link #hinge()} with the defaults. */
  public static double hinge(Tensor yTrue, Tensor yPred) {
    return hinge().evaluate(yTrue, yPred).loss();
  }

  /**
   * {@code SquaredHinge()}: the mean of max(1 − y·p, 0)² along the last axis, labels as in {@link
   * #hinge()}.
   */
  public static KerasComparison squaredHinge() {
    return KerasComparison.depending(
        yTrue -> SquaredHinge.builder().labels(labelsOf(yTrue)).build());
  }

  /** Returns the {@link #squaredHinge()} with the defaults. */
  public static double squaredHinge(Tensor yTrue, Tensor yPred) {
    return squaredHinge().evaluate(yTrue, yPred).loss();
  }

  /** {@code CategoricalHinge()}: max(max_c (1−y_c)·p_c − Σ y_c·p_c + 1, 0) along the last axis. */
  public static KerasComparison categoricalHinge() {
    return KerasComparison.of(CategoricalHinge.builder().build());
  }

  /** Returns the {@link #categoricalHinge()} with the defaults. */
  public static double categoricalHinge(Tensor yTrue, Tensor yPred) {
    return categoricalHinge().evaluate(yTrue, yPred).loss();
  }

  private static BinaryLabels labelsOf(Tensor yTrue) {
    return KerasComparison.isBinary(yTrue)
        ? BinaryLabels.ZERO_AND_ONE
        : BinaryLabels.MINUS_ONE_AND_ONE;
  }
}
