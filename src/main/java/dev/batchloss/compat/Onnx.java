package dev.batchloss.compat;

import dev.batchloss.plan.InputKind;

/**
 * Loss operators of ONNX, opset 13, with the names of its attributes. Losses are double where ONNX
 * has the type of the scores; weights must be finite.
 *
 * <pre>{@code
 * TensorLoss loss = Onnx.softmaxCrossEntropyLoss().withLogProb().evaluate(scores, labels);
 * }</pre>
 */
public final class Onnx {
  /** Scores are (N, C, d1, ...). */
  static final int CLASS_AXIS = 1;

  private Onnx() {}

  /**
   * {@code SoftmaxCrossEntropyLoss-13}: −w_t·log_softmax(scores)_t for labels t and class weights
   * w, 0 where the label is {@code ignore_index}, which has no default. {@code mean}, the default,
   * divides by Σ w_t over the rows that are not ignored, and is NaN where there is none.
   */
  public static OnnxLoss softmaxCrossEntropyLoss() {
    return OnnxLoss.of(InputKind.LOGITS);
  }

  /** Returns the mean {@link #softmaxCrossEntropyLoss()} with the defaults. */
  public static double softmaxCrossEntropyLoss(Tensor scores, Tensor labels) {
    return softmaxCrossEntropyLoss().evaluate(scores, labels).loss();
  }

  /**
   * {@code NegativeLogLikelihoodLoss-13}: −w_t·input_t for log-probabilities, with the weights, the
   * ignored index and the reductions of {@link #softmaxCrossEntropyLoss()}.
   */
  public static OnnxLoss negativeLogLikelihoodLoss() {
    return OnnxLoss.of(InputKind.LOG_PROBABILITIES);
  }

  /** Returns the mean {@link #negativeLogLikelihoodLoss()} with the defaults. */
  public static double negativeLogLikelihoodLoss(Tensor input, Tensor target) {
    return negativeLogLikelihoodLoss().evaluate(input, target).loss();
  }

  /** {@code Softmax-13} along the last axis, its default. */
  public static Tensor softmax(Tensor input) {
    return softmax(input, -1);
  }

  /**
   * {@code Softmax-13}: along one axis (up to opset 12 it was along all axes from that one on), in
   * the input's shape and element type.
   *
   * @param input floating point
   * @param axis the axis, from the end where it is negative
   * @throws IllegalArgumentException if there is no such axis, or the input is integral
   */
  public static Tensor softmax(Tensor input, int axis) {
    return SoftmaxCall.inShape(input, "axis", axis, SoftmaxCall::softmax);
  }

  /** {@code LogSoftmax-13} along the last axis, its default. */
  public static Tensor logSoftmax(Tensor input) {
    return logSoftmax(input, -1);
  }

  /** {@code LogSoftmax-13} along one axis; see {@link #softmax(Tensor, int)}. */
  public static Tensor logSoftmax(Tensor input, int axis) {
    return SoftmaxCall.inShape(input, "axis", axis, SoftmaxCall::logSoftmax);
  }
}
