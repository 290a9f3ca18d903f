package dev.batchloss.plan;

/** What may be asked of a row beyond what its loss needs; metrics are made of these. */
public enum RowStatistic {
  /** log Σ e^z, of ignored rows too: it says nothing of the target. */
  LOG_SUM_EXP,
  /** The plain negative log-likelihood: no smoothing, no weights, no focusing, no z-loss. */
  NLL,
  /** The greatest z of the row. */
  MAXIMUM,
  /** The first class that has the greatest z, with probability targets that of the target too. */
  ARGMAX,
  /** 1 + the number of classes above the target, ties before it counted as above. */
  RANK,
  /** The moments of the predictive entropy. */
  ENTROPY,
  /** The sums of squares of the Brier score. */
  SQUARES
}
