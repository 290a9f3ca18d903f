package dev.batchloss.bench;

import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;

/**
 * How near does the loss with its gradient, in a matrix of its own, come to a copy?
 *
 * <pre>bench/run CrossEntropyGradient\\. -p shape=4096x32000</pre>
 */
public class CrossEntropyGradient extends LossAgainstCeiling {
  /** Compared with a copy. */
  public CrossEntropyGradient() {
    super(Ceiling.Pass.COPY);
  }

  @Override
  Outputs outputs(Matrix gradient) {
    return Outputs.gradientInto(gradient);
  }
}
