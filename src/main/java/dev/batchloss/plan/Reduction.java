package dev.batchloss.plan;

import java.io.Serializable;

/**
 * How the losses of the counted rows become one number.
 *
 * @param kind the way
 * @param denominator what {@link Kind#SUM_OVER} divides by; 1 for every other kind
 */
public record Reduction(Kind kind, double denominator) implements Serializable {
  /** The ways to reduce. */
  public enum Kind {
    /** Not at all: the result is one loss a row. */
    NONE,
    /** The sum of the row losses. */
    SUM,
    /** The sum over the weight sum of the counted rows. */
    MEAN,
    /** The sum over the length of the outer axis, as PyTorch's {@code batchmean}. */
    BATCH_MEAN,
    /** The sum over a number the caller gives, for gradients accumulated over several calls. */
    SUM_OVER
  }

  /** One loss a row; the gradient is that of their sum unless an upstream vector is given. */
  public static final Reduction NONE = new Reduction(Kind.NONE, 1);

  /** The sum of the row losses. */
  public static final Reduction SUM = new Reduction(Kind.SUM, 1);

  /** The sum of the row losses over the weight sum of the counted rows. */
  public static final Reduction MEAN = new Reduction(Kind.MEAN, 1);

  /** The sum of the row losses over the length of the outer axis. */
  public static final Reduction BATCH_MEAN = new Reduction(Kind.BATCH_MEAN, 1);

  /** Checks the denominator. */
  public Reduction {
    if (!Double.isFinite(denominator) || denominator == 0) {
      throw new IllegalArgumentException(
          "denominator is " + denominator + ", must be finite and not 0");
    }
    if (kind != Kind.SUM_OVER && denominator != 1) {
      throw new IllegalArgumentException(kind + " takes no denominator");
    }
  }

  /**
   * The sum of the row losses over {@code denominator}: a batch handed over in several calls gets
   * the gradient of its mean when each call divides by the whole batch's weight sum.
   *
   * @throws IllegalArgumentException if {@code denominator} is 0 or not finite
   */
  public static Reduction sumOver(double denominator) {
    return new Reduction(Kind.SUM_OVER, denominator);
  }

  /**
   * Returns what the sum of the row losses is divided by.
   *
   * @param weightSum the weight sum of the counted rows
   * @param outer the length of the outer axis
   */
  public double denominatorFor(double weightSum, long outer) {
    return switch (kind) {
      case NONE, SUM -> 1;
      case MEAN -> weightSum;
      case BATCH_MEAN -> outer;
      case SUM_OVER -> denominator;
    };
  }

  @Override
  public String toString() {
    return kind == Kind.SUM_OVER ? "SUM_OVER(" + denominator + ")" : kind.name();
  }
}
