package dev.batchloss.compat;

import dev.batchloss.loss.CosineSimilarity;

/** {@code CosineSimilarity}; see {@link Keras#cosineSimilarity()}. Immutable. */
public final class KerasCosineSimilarity extends KerasLoss<KerasCosineSimilarity> {
  static final KerasCosineSimilarity DEFAULT = new KerasCosineSimilarity(DEFAULTS, -1);

  private final int axis;

  private KerasCosineSimilarity(Options options, int axis) {
    super(options);
    this.axis = axis;
  }

  @Override
  KerasCosineSimilarity with(Options others) {
    return new KerasCosineSimilarity(others, axis);
  }

  /** {@code axis}, −1 by default: the axis of the vectors. */
  public KerasCosineSimilarity axis(int vectorAxis) {
    return new KerasCosineSimilarity(options, vectorAxis);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    CosineSimilarity loss = CosineSimilarity.builder().epsilon(KerasShapes.EPSILON).build();
    return KerasComparison.along(call, loss, axis, yTrue, yPred);
  }
}
