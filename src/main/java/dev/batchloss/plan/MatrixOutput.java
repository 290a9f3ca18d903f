package dev.batchloss.plan;

/** The one matrix that a second pass over the rows may write. */
public enum MatrixOutput {
  /** Nothing is written. */
  NONE,
  /** The derivative of the reduced loss with respect to the input. */
  GRADIENT,
  /** The loss of each element of an element plan, weights included, not yet reduced. */
  ELEMENT_LOSS,
  /** z − lse. */
  LOG_SOFTMAX,
  /** e^(z − lse). */
  SOFTMAX
}
