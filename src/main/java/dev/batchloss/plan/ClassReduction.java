package dev.batchloss.plan;

/** How the losses of a row's elements become the loss of the row. */
public enum ClassReduction {
  /** Their mean: divided by the number of classes. */
  MEAN,
  /** Their sum. */
  SUM
}
