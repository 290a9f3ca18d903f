package dev.batchloss.bench;

/** What a library is asked to compute, and what its time is held against. */
public enum PeerPass {
  /** The mean loss alone. */
  FORWARD(Ceiling.Pass.SUM),
  /** The mean loss and its gradient with respect to the logits, which stay as they are. */
  GRADIENT(Ceiling.Pass.COPY),
  /** The mean loss and its gradient, written over the logits. */
  GRADIENT_IN_PLACE(Ceiling.Pass.SCALE);

  private final Ceiling.Pass ceiling;

  PeerPass(Ceiling.Pass ceiling) {
    this.ceiling = ceiling;
  }

  Ceiling.Pass ceiling() {
    return ceiling;
  }
}
