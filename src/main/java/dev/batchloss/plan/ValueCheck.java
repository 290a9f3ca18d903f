package dev.batchloss.plan;

/** What is checked of the numbers of a matrix that are taken one by one. */
public enum ValueCheck {
  /** Nothing. */
  NONE,
  /** Every element lies in 0..1, a rounding error above 1 let through; NaN is refused. */
  UNIT_INTERVAL
}
