package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every call object of a facade has: the engine it runs on, and what its gradient is
 * multiplied by. Immutable.
 *
 * @param engine the caller's, or null for the shared one
 * @param upstream a number where the loss is reduced, else one an unreduced loss; null for ones
 */
record EngineCall(@Nullable BatchLoss engine, @Nullable Tensor upstream) {
  static final EngineCall SHARED = new EngineCall(null, null);

  EngineCall on(BatchLoss other) {
    return new EngineCall(other, upstream);
  }

  EngineCall withUpstream(Tensor derivatives) {
    return new EngineCall(engine, derivatives);
  }

  BatchLoss engineOrShared() {
    return engine == null ? SharedEngine.get() : engine;
  }

  /**
   * Runs a row loss.
   *
   * @param input the prediction, as it was handed over
   * @param classAxis which of its axes the classes are on
   * @param lossShape the shape of the unreduced losses
   * @param output NONE or GRADIENT
   */
  TensorLoss run(
      Loss loss,
      Tensor input,
      int classAxis,
      Targets targets,
      Shape lossShape,
      MatrixOutput output,
      List<String> warnings) {
    Tensor gradient =
        output == MatrixOutput.GRADIENT ? Tensor.allocate(input.type(), input.axes()) : null;
    LossResult result =
        engineOrShared()
            .evaluate(
                loss,
                input.rows(classAxis),
                targets,
                outputs(loss, gradient == null ? null : gradient.rows(classAxis), lossShape));
    if (loss.reduction().kind() != Reduction.Kind.NONE) {
      return TensorLoss.reduced(result, result.loss(), gradient, warnings);
    }
    Tensor losses = Tensor.of(result.rowLosses(), lossShape.lengths());
    return TensorLoss.unreduced(result, losses, gradient, warnings);
  }

  private Outputs outputs(Loss loss, @Nullable Matrix gradient, Shape lossShape) {
    if (gradient == null) {
      return Outputs.lossOnly();
    }
    Outputs outputs = Outputs.gradientInto(gradient);
    if (loss.reduction().kind() != Reduction.Kind.NONE) {
      return withUpstreamOfReduced(outputs);
    }
    Tensor derivatives = upstreamOfUnreduced(lossShape);
    return derivatives == null ? outputs : outputs.withUpstream(derivatives.elements());
  }

  /** Multiplies the gradient of a loss that is one number. */
  Outputs withUpstreamOfReduced(Outputs outputs) {
    if (upstream == null) {
      return outputs;
    }
    if (upstream.size() != 1) {
      throw new IllegalArgumentException(
          "upstream has shape %s, must be one number for a reduced loss"
              .formatted(upstream.axes()));
    }
    return outputs.withUpstream(upstream.item());
  }

  /** One number for each of unreduced losses, or null if there are none. */
  @Nullable Tensor upstreamOfUnreduced(Shape lossShape) {
    if (upstream != null && !upstream.axes().equals(lossShape)) {
      throw new IllegalArgumentException(
          "upstream has shape %s, must be that of the losses, %s"
              .formatted(upstream.axes(), lossShape));
    }
    return upstream;
  }
}
