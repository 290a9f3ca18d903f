package dev.batchloss.plan;

import java.util.Arrays;

/**
 * Sums up to {@value #MOST} doubles exactly where they are of ordinary size, in plain loops that
 * the compiler turns into vectors. Each number is cut into three, multiples of 2^−35, of 2^−78 and
 * of 2^−121: adding a power of two that is so many bits above, and subtracting it again, rounds it
 * there. {@value #MOST} such parts add up to no more than 53 bits as long as the magnitudes come to
 * less than 2^16, so that no addition rounds. Not thread-safe.
 */
final class SplitSum {
  /** The most numbers at once. */
  static final int MOST = 1 << 10;

  private static final double GREATEST = 0x1p16;
  private static final double HIGH = 0x1.8p17;
  private static final double MIDDLE = 0x1.8p-26;
  private static final double LOW = 0x1.8p-69;

  /** Twice in a row it makes whatever is left of a number more than {@link #GREATEST}. */
  private static final double ENLARGE = 0x1p600;

  private static final int QUARTER = MOST / 4;

  private final double[] highs = new double[MOST];
  private final double[] middles = new double[MOST];
  private final double[] lows = new double[MOST];
  private final double[] checks = new double[MOST];
  private double high;
  private double middle;
  private double low;

  /**
   * Sums {@code n} of {@code values} from place {@code from} on.
   *
   * @return whether high + middle + low is now their exact sum; false where some of them are too
   *     large, have bits below 2^−121, or are not finite
   */
  boolean sum(double[] values, int from, int n) {
    System.arraycopy(values, from, checks, 0, n);
    split(n, highs, middles, lows, checks);
    high = sum(highs, n);
    middle = sum(middles, n);
    low = sum(lows, n);
    return sum(checks, n) < GREATEST;
  }

  double high() {
    return high;
  }

  double middle() {
    return middle;
  }

  double low() {
    return low;
  }

  /** The numbers come in {@code checks}: one index for all, or the loop stays as it is. */
  private static void split(
      int n, double[] highs, double[] middles, double[] lows, double[] checks) {
    for (int i = 0; i < n; i++) {
      double value = checks[i];
      double high = (value + HIGH) - HIGH;
      double belowHigh = value - high;
      double middle = (belowHigh + MIDDLE) - MIDDLE;
      double belowMiddle = belowHigh - middle;
      double low = (belowMiddle + LOW) - LOW;
      highs[i] = high;
      middles[i] = middle;
      lows[i] = low;
      checks[i] = Math.abs(value) + Math.abs(belowMiddle - low) * ENLARGE * ENLARGE;
    }
  }

  /** Overwrites the parts. A sum in one strand would wait for each addition. */
  private static double sum(double[] parts, int n) {
    Arrays.fill(parts, n, MOST, 0);
    for (int i = 0; i < QUARTER; i++) {
      parts[i] =
          (parts[i] + parts[i + QUARTER]) + (parts[i + 2 * QUARTER] + parts[i + 3 * QUARTER]);
    }
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = 0; i < QUARTER; i += 4) {
      a += parts[i];
      b += parts[i + 1];
      c += parts[i + 2];
      d += parts[i + 3];
    }
    return (a + b) + (c + d);
  }
}
