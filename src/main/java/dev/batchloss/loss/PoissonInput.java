package dev.batchloss.loss;

/** What the input of a Poisson loss is. */
public enum PoissonInput {
  /** The rate itself. */
  RATE,
  /** Its logarithm. */
  LOG_RATE
}
