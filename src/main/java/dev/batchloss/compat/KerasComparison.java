package dev.batchloss.compat;

import dev.batchloss.data.Targets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.MatrixOutput;
import java.util.List;
import java.util.function.Function;

/**
 * The losses of {@link Keras} that compare numbers along the last axis and have no options of their
 * own. Immutable.
 */
public final class KerasComparison extends KerasLoss<KerasComparison> {
  private final Function<Tensor, Loss> lossFor;

  private KerasComparison(Options options, Function<Tensor, Loss> lossFor) {
    super(options);
    this.lossFor = lossFor;
  }

  static KerasComparison of(Loss loss) {
    return new KerasComparison(DEFAULTS, _ -> loss);
  }

  /** A loss that depends on what the labels are. */
  static KerasComparison depending(Function<Tensor, Loss> lossFor) {
    return new KerasComparison(DEFAULTS, lossFor);
  }

  @Override
  KerasComparison with(Options others) {
    return new KerasComparison(others, lossFor);
  }

  @Override
  TensorLoss run(KerasCall call, Tensor yTrue, Tensor yPred) {
    return along(call, lossFor.apply(yTrue), -1, yTrue, yPred);
  }

  /** Both repeated to one shape and compared along an axis of it. */
  static TensorLoss along(KerasCall call, Loss loss, int axis, Tensor yTrue, Tensor yPred) {
    Shape shape = yTrue.axes().broadcastWith(yPred.axes(), "yTrue and yPred");
    int at = shape.requireAxis("axis", axis);
    TensorLoss found =
        call.run(
            loss,
            yPred.broadcastTo(shape),
            at,
            Targets.values(yTrue.broadcastTo(shape).rows(at)),
            call.weights(shape.without(at)),
            List.of());
    return call.output() == MatrixOutput.GRADIENT
        ? found.withGradient(found.gradient().sumTo(yPred.axes()))
        : found;
  }

  /** Whether every label is 0 or 1. */
  static boolean isBinary(Tensor labels) {
    for (long i = 0; i < labels.size(); i++) {
      if (labels.at(i) != 0 && labels.at(i) != 1) {
        return false;
      }
    }
    return true;
  }
}
