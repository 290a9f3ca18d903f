package dev.batchloss.compat;

import dev.batchloss.loss.Huber;

/** {@code Huber}; see {@link Keras#huber()}. Immutable. */
public final class KerasHuber extends KerasLoss<KerasHuber> {
  static final KerasHuber DEFAULT = new KerasHuber(DEFAULTS, 1);

  private final double delta;

  private KerasHuber(Options options, double delta) {
    super(options);
    this.delta = delta;
  }

  @Override
  KerasHuber with(Options others) {
    return new KerasHuber(others, delta);
  }

  /** {@code delta}, 1 by default, positive: where the square turns into a line. */
  public KerasHuber delta(double distance) {
    return new KerasHuber(options, distance);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    return KerasComparison.along(call, Huber.builder().delta(delta).build(), -1, yTrue, yPred);
  }
}
