package dev.batchloss.bench;

import java.util.Arrays;

/** Order statistics of a few measurements. */
final class Samples {
  private Samples() {}

  /** Returns the median, NaN of none. */
  static double median(double[] samples) {
    return quantile(samples, 0.5);
  }

  /** Returns the quantile, interpolated between neighbours (Hyndman and Fan's type 7). */
  static double quantile(double[] samples, double share) {
    if (samples.length == 0) {
      return Double.NaN;
    }
    double[] sorted = samples.clone();
    Arrays.sort(sorted);
    double position = share * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
