package dev.batchloss.plan;

/** What a mean over no counted row is. */
public enum EmptyMean {
  /** NaN, as in PyTorch. */
  NAN,
  /** 0, as some training loops want it. */
  ZERO
}
