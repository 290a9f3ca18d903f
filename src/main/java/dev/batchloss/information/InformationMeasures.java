package dev.batchloss.information;

import java.util.Objects;

/**
 * Entropy, cross-entropy and divergences (Shannon 1948; Kullback and Leibler 1951; Lin, "Divergence
 * measures based on the Shannon entropy", 1991) of distributions and of vectors of counts, computed
 * in double in the calling thread. Every vector is divided by its sum first, as {@code
 * scipy.stats.entropy} does: counts become relative frequencies, and a distribution need not sum to
 * 1. Below, p and q are the vectors after that, and 0·log 0 is 0.
 *
 * <p>Every method throws {@link IllegalArgumentException}, naming the argument, if a vector is
 * empty or sums to 0, if an element is negative, NaN or infinite, or if two vectors differ in
 * length. Nothing is written to the arguments.
 */
public final class InformationMeasures {
  private InformationMeasures() {}

  /**
   * Returns the Shannon entropy −Σ p_i·log p_i: at least 0, and log n for n equal elements.
   *
   * @param distribution one element an outcome
   */
  public static double entropy(double[] distribution, InformationUnit unit) {
    return entropyOf(normalized("distribution", distribution), unit);
  }

  /**
   * Returns the Shannon entropy of the relative frequencies.
   *
   * @param counts how often each outcome was seen
   */
  public static double entropy(long[] counts, InformationUnit unit) {
    return entropyOf(normalized("counts", toDoubles(counts)), unit);
  }

  /**
   * Returns the cross-entropy −Σ p_i·log q_i: what coding p with q's code costs; +∞ if q_i is 0
   * where p_i is not.
   *
   * @param p the true distribution
   * @param q the predicted one, of the same length
   */
  public static double crossEntropy(double[] p, double[] q, InformationUnit unit) {
    requireSameLength(p.length, q.length);
    return crossEntropyOf(normalized("p", p), normalized("q", q), unit);
  }

  /** Likewise of relative frequencies. */
  public static double crossEntropy(long[] p, long[] q, InformationUnit unit) {
    return crossEntropy(toDoubles(p), toDoubles(q), unit);
  }

  /**
   * Returns the Kullback–Leibler divergence Σ p_i·log(p_i/q_i) of p from q: at least 0; +∞ if q_i
   * is 0 where p_i is not.
   *
   * @param p the true distribution
   * @param q the predicted one, of the same length
   */
  public static double klDivergence(double[] p, double[] q, InformationUnit unit) {
    requireSameLength(p.length, q.length);
    return unit.ofNats(divergence(normalized("p", p), normalized("q", q)));
  }

  /** Likewise of relative frequencies. */
  public static double klDivergence(long[] p, long[] q, InformationUnit unit) {
    return klDivergence(toDoubles(p), toDoubles(q), unit);
  }

  /**
   * Returns the Jensen–Shannon divergence ½·KL(p‖m) + ½·KL(q‖m), m = ½·(p + q): symmetric, from 0
   * to log 2. It is the square of {@code scipy.spatial.distance.jensenshannon}, which is a
   * distance.
   */
  public static double jensenShannonDivergence(double[] p, double[] q, InformationUnit unit) {
    requireSameLength(p.length, q.length);
    double[] first = normalized("p", p);
    double[] second = normalized("q", q);
    double[] middle = new double[first.length];
    for (int i = 0; i < middle.length; i++) {
      middle[i] = (first[i] + second[i]) / 2;
    }
    return unit.ofNats((divergence(first, middle) + divergence(second, middle)) / 2);
  }

  /** Likewise of relative frequencies. */
  public static double jensenShannonDivergence(long[] p, long[] q, InformationUnit unit) {
    return jensenShannonDivergence(toDoubles(p), toDoubles(q), unit);
  }

  private static double entropyOf(double[] p, InformationUnit unit) {
    return crossEntropyOf(p, p, unit);
  }

  private static double crossEntropyOf(double[] p, double[] q, InformationUnit unit) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] != 0) {
        sum -= p[i] * StrictMath.log(q[i]);
      }
    }
    return unit.ofNats(sum);
  }

  /**
   * Σ p·log(p/q) − p + q. What is added is 0 in all but makes every term at least 0, so that
   * nothing cancels where the distributions are close.
   */
  private static double divergence(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] == 0) {
        sum += q[i];
      } else {
        double excess = (p[i] - q[i]) / q[i];
        sum += Math.max(0, p[i] * StrictMath.log1p(excess) - (p[i] - q[i]));
      }
    }
    return sum;
  }

  private static double[] normalized(String name, double[] values) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "%s[%d] is %s, must be finite and not negative".formatted(name, i, values[i]));
      }
      sum += values[i];
    }
    if (!(sum > 0)) {
      throw new IllegalArgumentException(
          "%s has %d elements that sum to 0, must have a positive one"
              .formatted(name, values.length));
    }
    if (sum == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          name + " sums to more than a double holds: divide it by a number first");
    }
    double[] shares = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      shares[i] = values[i] / sum;
    }
    return shares;
  }

  private static double[] toDoubles(long[] counts) {
    double[] values = new double[Objects.requireNonNull(counts, "counts").length];
    for (int i = 0; i < counts.length; i++) {
      values[i] = counts[i];
    }
    return values;
  }

  private static void requireSameLength(int p, int q) {
    if (p != q) {
      throw new IllegalArgumentException(
          "p has %d elements, q has %d: must be as many".formatted(p, q));
    }
  }
}
