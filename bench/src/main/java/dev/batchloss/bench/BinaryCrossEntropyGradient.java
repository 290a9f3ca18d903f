package dev.batchloss.bench;

import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;

/**
 * How near does the loss of elements with its gradient, in a matrix of its own, come to copying the
 * logits and reading the labels?
 *
 * <pre>bench/run BinaryCrossEntropyGradient -p shape=10000x1000,100000x100</pre>
 */
public class BinaryCrossEntropyGradient extends BinaryCrossEntropyAgainstCeiling {
  /** Compared with a copy of the logits and a sum over the labels. */
  public BinaryCrossEntropyGradient() {
    super(Ceiling.Pass.COPY);
  }

  @Override
  Outputs outputs(Matrix gradient) {
    return Outputs.gradientInto(gradient);
  }
}
