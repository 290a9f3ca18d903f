package dev.batchloss.compat;

import dev.batchloss.loss.GeneralizedCrossEntropy;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import java.util.List;

/**
 * {@code CategoricalGeneralizedCrossEntropy}; see {@link
 * Keras#categoricalGeneralizedCrossEntropy()}. Immutable.
 */
public final class KerasCategoricalGeneralizedCrossEntropy
    extends KerasLoss<KerasCategoricalGeneralizedCrossEntropy> {
  static final KerasCategoricalGeneralizedCrossEntropy DEFAULT =
      new KerasCategoricalGeneralizedCrossEntropy(DEFAULTS, 0.5);

  /** Taken as they are. */
  private static final InputTransform PROBABILITIES =
      InputTransform.probabilities(
          Normalization.NONE, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  private final double q;

  private KerasCategoricalGeneralizedCrossEntropy(Options options, double q) {
    super(options);
    this.q = q;
  }

  @Override
  KerasCategoricalGeneralizedCrossEntropy with(Options others) {
    return new KerasCategoricalGeneralizedCrossEntropy(others, q);
  }

  /**
   * {@code q}, 0.5 by default.
   *
   * @throws IllegalArgumentException if it is not between 0 and 1
   */
  public KerasCategoricalGeneralizedCrossEntropy q(double exponent) {
    if (!(exponent > 0 && exponent < 1)) {
      throw new IllegalArgumentException("q is " + exponent + ": q must be in the interval (0, 1)");
    }
    return new KerasCategoricalGeneralizedCrossEntropy(options, exponent);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    int classAxis = yPred.axes().requireAxis("axis", -1);
    Shape losses = yPred.axes().without(classAxis);
    Tensor labels = KerasShapes.withoutClassAxis(yTrue, yPred, classAxis);
    return call.run(
        GeneralizedCrossEntropy.builder().transform(PROBABILITIES).q(q).build(),
        yPred,
        classAxis,
        KerasShapes.classes(labels, yPred, losses),
        call.weights(losses),
        List.of());
  }
}
