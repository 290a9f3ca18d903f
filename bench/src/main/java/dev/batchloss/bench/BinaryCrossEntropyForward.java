package dev.batchloss.bench;

/**
 * How near does the loss of elements come to reading logits and labels once?
 *
 * <pre>bench/run BinaryCrossEntropyForward -p shape=10000x1000,100000x100</pre>
 */
public class BinaryCrossEntropyForward extends BinaryCrossEntropyAgainstCeiling {
  /** Compared with a sum over both. */
  public BinaryCrossEntropyForward() {
    super(Ceiling.Pass.SUM);
  }
}
