package dev.batchloss.plan;

/**
 * The statistics of a batch of consecutive rows, one column each, indexed by the row's place in the
 * batch. A backend fills the columns that {@link RowNeeds} names; {@link RowEpilogue} fills the
 * derived ones; a {@link RowFold} reads them. Columns that nobody needs hold leftovers.
 *
 * <p>Everything is relative to {@code shift}, a number of the backend's choice near the row's
 * maximum (0 where z is a log-probability already), so that nothing overflows and no small
 * difference is taken of large rounded numbers. Not thread-safe; one a worker.
 */
public final class RowStatistics {
  /** The row of the call that stands first in this batch. */
  public long firstRow;

  /** How many rows the batch holds. */
  public int size;

  /** Whether the row's target is the ignored class. */
  public final boolean[] ignored;

  /** The row's sample weight; 1 without any. */
  public final double[] weight;

  /** The row's class target, or the first greatest element of its target distribution. */
  public final int[] target;

  /** What was subtracted from every z of the row. */
  public final double[] shift;

  /** Σ e^(z−shift). */
  public final double[] sum;

  /** log Σ e^(z−shift); 0 where z is a log-probability already. */
  public final double[] logNormalizer;

  /** z−shift of the target class. */
  public final double[] targetShifted;

  /** Σ w_c·(z_c−shift). */
  public final double[] classMoment;

  /** Σ w_c·q_c·(z_c−shift). */
  public final double[] targetMoment;

  /** Σ w_c·q_c. */
  public final double[] targetMass;

  /** Σ q_c·(z_c−shift). */
  public final double[] plainTargetMoment;

  /** Σ q_c. */
  public final double[] plainTargetMass;

  /** Σ w_c·q_c·log q_c. */
  public final double[] targetNegentropy;

  /** Σ e^(z_c−shift)·(z_c−shift). */
  public final double[] entropyMoment;

  /** Σ e^(2(z_c−shift)). */
  public final double[] squareSum;

  /** Σ q_c·e^(z_c−shift). */
  public final double[] targetProduct;

  /** Σ q_c². */
  public final double[] targetSquareSum;

  /** max z − shift. */
  public final double[] maximum;

  /** The first class at the maximum. */
  public final int[] argmax;

  /** 1 + the classes above the target, earlier ties included. */
  public final int[] rank;

  /** Of an element plan, how many elements are on the right side of the threshold. */
  public final int[] matches;

  /** Derived: the row's loss, sample weight included; 0 for an ignored row. */
  public final double[] loss;

  /** Derived: the plain negative log-likelihood; 0 for an ignored row. */
  public final double[] nll;

  /** Derived, for the gradient: what multiplies p_c. */
  public final double[] u;

  /** Derived, for the gradient: what multiplies p_c·(z_c−shift). */
  public final double[] e;

  /** Derived, for the gradient: what is subtracted at the target class. */
  public final double[] r;

  /** Derived, for the gradient: what multiplies w_c. */
  public final double[] k;

  /** Derived, for the gradient: what multiplies w_c·q_c. */
  public final double[] h;

  /** Creates columns for up to {@code capacity} rows. */
  public RowStatistics(int capacity) {
    ignored = new boolean[capacity];
    weight = new double[capacity];
    target = new int[capacity];
    shift = new double[capacity];
    sum = new double[capacity];
    logNormalizer = new double[capacity];
    targetShifted = new double[capacity];
    classMoment = new double[capacity];
    targetMoment = new double[capacity];
    targetMass = new double[capacity];
    plainTargetMoment = new double[capacity];
    plainTargetMass = new double[capacity];
    targetNegentropy = new double[capacity];
    entropyMoment = new double[capacity];
    squareSum = new double[capacity];
    targetProduct = new double[capacity];
    targetSquareSum = new double[capacity];
    maximum = new double[capacity];
    argmax = new int[capacity];
    rank = new int[capacity];
    matches = new int[capacity];
    loss = new double[capacity];
    nll = new double[capacity];
    u = new double[capacity];
    e = new double[capacity];
    r = new double[capacity];
    k = new double[capacity];
    h = new double[capacity];
  }

  /** Returns the most rows a batch can hold. */
  public int capacity() {
    return loss.length;
  }

  /** Returns log Σ e^z of a row of logits. */
  public double logSumExp(int row) {
    return shift[row] + logNormalizer[row];
  }

  /** Returns the probability of the class at the maximum. */
  public double topProbability(int row) {
    return Math.exp(maximum[row] - logNormalizer[row]);
  }

  /** Returns the entropy of the predicted distribution, in nats. */
  public double entropy(int row) {
    if (logNormalizer[row] == 0) {
      // Of given log-probabilities the sum may be infinite, and 0·∞ is NaN.
      return -entropyMoment[row];
    }
    double normalizer = Math.exp(logNormalizer[row]);
    return logNormalizer[row] * (sum[row] / normalizer) - entropyMoment[row] / normalizer;
  }

  /** Returns Σ (p_c − y_c)², y being one-hot for a class target. */
  public double brier(int row, TargetKind targets) {
    double normalizer = Math.exp(logNormalizer[row]);
    double squares = squareSum[row] / normalizer / normalizer;
    if (targets == TargetKind.PROBABILITIES) {
      return squares - 2 * targetProduct[row] / normalizer + targetSquareSum[row];
    }
    return squares - 2 * Math.exp(targetShifted[row] - logNormalizer[row]) + 1;
  }
}
