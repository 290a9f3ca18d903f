package dev.batchloss.bench;

import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;

/**
 * What does label smoothing, a second sum over each row, add to the loss?
 *
 * <pre>bench/run CrossEntropyLabelSmoothing -p shape=4096x32000</pre>
 */
public class CrossEntropyLabelSmoothing extends LossAgainstCeiling {
  /** Compared with a sum. */
  public CrossEntropyLabelSmoothing() {
    super(Ceiling.Pass.SUM);
  }

  @Override
  Loss lossFunction() {
    return CrossEntropy.builder().labelSmoothing(0.1).build();
  }
}
