package dev.batchloss;

import dev.batchloss.plan.RowStatistic;
import java.io.Serializable;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Something to be told of the predictions besides the loss. All are over the counted rows, weighted
 * by sample weight and never by class weight; with probability targets, the target class is the
 * first greatest element of the target distribution. A row with a NaN counts as wrong in accuracy,
 * top-k and reciprocal rank and makes the other metrics NaN.
 *
 * @param kind what it is
 * @param k the k of {@link Kind#TOP_K}; 1 for every other kind
 */
public record Metric(Kind kind, int k) implements Serializable {
  /** The kinds of metric. */
  public enum Kind {
    /** The share of rows whose first greatest logit is at the target class. */
    ACCURACY(RowStatistic.ARGMAX),
    /**
     * The share of rows whose target has a rank of at most min(k, C); the rank is 1 + the classes
     * above the target + those before it that tie with it.
     */
    TOP_K(RowStatistic.RANK),
    /** e to the mean plain negative log-likelihood: no smoothing, class weights or z-loss. */
    PERPLEXITY(RowStatistic.NLL),
    /** The mean entropy of the predicted distributions, in nats (Shannon 1948). */
    ENTROPY(RowStatistic.ENTROPY),
    /** The mean of 1/rank (Voorhees, TREC-8, 1999). */
    MRR(RowStatistic.RANK),
    /** The mean of Σ (p_c − y_c)² over all classes, 0..2 (Brier 1950). */
    BRIER(RowStatistic.SQUARES),
    /**
     * Expected calibration error of the top probability in 15 equal-width bins (lo, hi] (Guo et al.
     * 2017), and those bins.
     */
    ECE(RowStatistic.MAXIMUM, RowStatistic.ARGMAX),
    /** For each target class the number of rows, their mean plain nll and the recall. */
    PER_CLASS(RowStatistic.NLL, RowStatistic.ARGMAX);

    private final Set<RowStatistic> statistics;

    Kind(RowStatistic first, RowStatistic... rest) {
      this.statistics = EnumSet.of(first, rest);
    }

    Set<RowStatistic> statistics() {
      return statistics;
    }
  }

  /** See {@link Kind#ACCURACY}. */
  public static final Metric ACCURACY = new Metric(Kind.ACCURACY, 1);

  /** See {@link Kind#PERPLEXITY}. */
  public static final Metric PERPLEXITY = new Metric(Kind.PERPLEXITY, 1);

  /** See {@link Kind#ENTROPY}. */
  public static final Metric ENTROPY = new Metric(Kind.ENTROPY, 1);

  /** See {@link Kind#MRR}. */
  public static final Metric MRR = new Metric(Kind.MRR, 1);

  /** See {@link Kind#BRIER}. */
  public static final Metric BRIER = new Metric(Kind.BRIER, 1);

  /** See {@link Kind#ECE}. */
  public static final Metric ECE = new Metric(Kind.ECE, 1);

  /** See {@link Kind#PER_CLASS}. */
  public static final Metric PER_CLASS = new Metric(Kind.PER_CLASS, 1);

  /** Checks k. */
  public Metric {
    if (k < 1) {
      throw new IllegalArgumentException("k of top-k is " + k + ", must be at least 1");
    }
    if (kind != Kind.TOP_K && k != 1) {
      throw new IllegalArgumentException(nameOf(kind) + " takes no k");
    }
  }

  /** See {@link Kind#TOP_K}. */
  public static Metric topK(int k) {
    return new Metric(Kind.TOP_K, k);
  }

  /**
   * Returns the metric that the command line calls {@code name}: accuracy, top5 (or any k),
   * perplexity, entropy, mrr, brier, ece, per-class.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static Metric named(String name) {
    if (name.matches("top-?[0-9]{1,9}")) {
      return topK(Integer.parseInt(name.substring(3).replace("-", "")));
    }
    for (Kind kind : Kind.values()) {
      if (kind != Kind.TOP_K && nameOf(kind).equals(name)) {
        return new Metric(kind, 1);
      }
    }
    throw new IllegalArgumentException(
        "unknown metric '%s', known are accuracy, top<k> (such as top5), perplexity, entropy, mrr, brier, ece, per-class"
            .formatted(name));
  }

  /** Returns the name that {@link #named} knows it by. */
  public String name() {
    return kind == Kind.TOP_K ? "top" + k : nameOf(kind);
  }

  /** Returns whether it holds the predictions against targets. */
  public boolean needsTargets() {
    return kind != Kind.ENTROPY;
  }

  private static String nameOf(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
