package dev.batchloss.compat;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;

/** What the losses of {@link Keras} ask of their tensors. */
final class KerasShapes {
  /** {@code keras.config.epsilon()}. */
  static final double EPSILON = 1e-7;

  private KerasShapes() {}

  /** Probabilities as Keras takes them: a row divided by its sum and then clipped. */
  static InputTransform normalizedAndClipped() {
    return InputTransform.probabilities(
        Normalization.BEFORE_CLIP, EPSILON, 1 - EPSILON, Double.POSITIVE_INFINITY);
  }

  static void requireSameShape(Tensor yTrue, Tensor yPred) {
    if (!yTrue.axes().equals(yPred.axes())) {
      throw new IllegalArgumentException(
          "yTrue and yPred must have the same shape: they have %s and %s"
              .formatted(yTrue.axes(), yPred.axes()));
    }
  }

  /** Drops an axis of length 1 where both have as many. */
  static Tensor withoutClassAxis(Tensor yTrue, Tensor yPred, int axis) {
    boolean hasIt =
        yTrue.rank() == yPred.rank() && yTrue.rank() > 0 && yTrue.axes().length(axis) == 1;
    return hasIt ? yTrue.reshape(yTrue.axes().without(axis)) : yTrue;
  }

  /**
   * One class index a loss, fractions dropped.
   *
   * @throws IllegalArgumentException unless there is one a loss, and a number
   */
  static ClassTargets classes(Tensor yTrue, Tensor yPred, Shape losses) {
    if (!yTrue.axes().equals(losses)) {
      throw new IllegalArgumentException(
          "yTrue has shape %s, must be %s: that of yPred, %s, without the class axis"
              .formatted(yTrue.axes(), losses, yPred.axes()));
    }
    if (yTrue.isIntegral()) {
      return yTrue.classes();
    }
    long[] indices = new long[Math.toIntExact(yTrue.size())];
    for (int i = 0; i < indices.length; i++) {
      double label = yTrue.at(i);
      if (!Double.isFinite(label)) {
        throw new IllegalArgumentException(
            "yTrue at element %d is %s, must be a class index".formatted(i, label));
      }
      indices[i] = (long) label;
    }
    return Targets.classes(indices);
  }

  /**
   * y·(1−smoothing) + smoothing/n, n the length of the <em>last</em> axis, as Keras has it for any
   * class axis.
   */
  static Tensor smoothed(Tensor yTrue, double smoothing) {
    Shape shape = yTrue.axes();
    double[] values = yTrue.toDoubles();
    double share = smoothing / shape.length(shape.rank() - 1);
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] * (1 - smoothing) + share;
    }
    return Tensor.of(values, shape.lengths());
  }
}
