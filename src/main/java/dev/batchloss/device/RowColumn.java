package dev.batchloss.device;

/**
 * A number that a device returns for each row. Those named like a column of {@link
 * dev.batchloss.plan.RowStatistics} are that column; everything is relative to the row's shift, as
 * there.
 */
public enum RowColumn {
  /**
   * What was subtracted, in the units in which the row was ordered: of logits without a softcap
   * before they are multiplied by the logit scale, else of z.
   */
  SHIFT,
  /** Σ e^(z−shift); 0 for a row of −∞ only, NaN for one with a NaN or +∞. */
  SUM,
  /** The target class's element, in the units of {@link #SHIFT}: what is subtracted from it. */
  TARGET_ORDERED,
  /** Σ w_c·(z_c−shift). */
  CLASS_MOMENT,
  /** Σ w_c·q_c·(z_c−shift). */
  TARGET_MOMENT,
  /** Σ w_c·q_c. */
  TARGET_MASS,
  /** Σ q_c·(z_c−shift). */
  PLAIN_TARGET_MOMENT,
  /** Σ q_c. */
  PLAIN_TARGET_MASS,
  /** Σ w_c·q_c·log q_c. */
  TARGET_NEGENTROPY,
  /** Σ e^(z_c−shift)·(z_c−shift). */
  ENTROPY_MOMENT,
  /** Σ e^(2(z_c−shift)). */
  SQUARE_SUM,
  /** Σ q_c·e^(z_c−shift). */
  TARGET_PRODUCT,
  /** Σ q_c². */
  TARGET_SQUARE_SUM,
  /** max z − shift. */
  MAXIMUM,
  /** The first class at the maximum; an integer. */
  ARGMAX,
  /** The first class at the maximum of the target distribution; an integer. */
  TARGET_ARGMAX,
  /** 1 + the classes above the target, earlier ties included; an integer. */
  RANK,
  /** Σ x of a row of probabilities. */
  INPUT_SUM,
  /**
   * The first class of a row of probabilities that may lie outside 0..1, or −1; an integer. May
   * name one that does not, must not pass over one that does.
   */
  BAD_CLASS,
  /** The same of the target distribution, or of the target values. */
  BAD_TARGET_CLASS,
  /**
   * What was added up in a row of a comparison plan: the elements' weighted f, or what was compared
   * of a pair, before the row's factor and its sample weight.
   */
  LOSS,
  /** How many elements are on the right side of their threshold; an integer. */
  MATCHES;

  /**
   * Returns whether the numbers are integers, whose bits take the place of the column's floating
   * point numbers: an int in a column of floats, a long in one of doubles.
   */
  public boolean isInteger() {
    return switch (this) {
      case ARGMAX, TARGET_ARGMAX, RANK, BAD_CLASS, BAD_TARGET_CLASS, MATCHES -> true;
      default -> false;
    };
  }
}
