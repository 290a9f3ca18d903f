package dev.batchloss.bench;

import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;

/**
 * How near does the loss with its gradient, over the logits, come to scaling them in place?
 *
 * <pre>bench/run CrossEntropyGradientInPlace -p shape=4096x32000</pre>
 */
public class CrossEntropyGradientInPlace extends LossAgainstCeiling {
  /** Compared with a multiplication in place. */
  public CrossEntropyGradientInPlace() {
    super(Ceiling.Pass.SCALE);
  }

  @Override
  Outputs outputs(Matrix gradient) {
    return Outputs.gradientInPlace();
  }
}
