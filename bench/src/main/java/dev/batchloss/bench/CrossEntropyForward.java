package dev.batchloss.bench;

/**
 * How near does the loss alone come to reading its logits once?
 *
 * <pre>bench/run CrossEntropyForward -p shape=4096x32000 -p type=FLOAT32 -p memory=HEAP</pre>
 */
public class CrossEntropyForward extends LossAgainstCeiling {
  /** Compared with a sum. */
  public CrossEntropyForward() {
    super(Ceiling.Pass.SUM);
  }
}
