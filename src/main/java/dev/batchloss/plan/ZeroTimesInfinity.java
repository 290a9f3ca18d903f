package dev.batchloss.plan;

/** What a coefficient of 0 makes of an infinite term. */
public enum ZeroTimesInfinity {
  /** 0, so that 0·log 0 = 0 (Shannon 1948). */
  ZERO,
  /** NaN, as arithmetic has it and PyTorch leaves it. */
  NAN
}
