package dev.batchloss.plan;

/** What a coefficient of 0 makes of an infinite term. */
public enum ZeroTimesInfinity {
  /** 0, so that 0·log 0 = 0 (Shannon 1948). */
  ZERO,
  /** NaN, as arithmetic has it and PyTorch leaves it. */
  NAN;

  /** Returns the product of a coefficient and a term that may be infinite. */
  public double product(double coefficient, double term) {
    return coefficient == 0 && this == ZERO ? 0 : coefficient * term;
  }
}
