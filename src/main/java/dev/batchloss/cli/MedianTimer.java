package dev.batchloss.cli;

import java.util.Arrays;

/** Times actions by the median of repetitions, after a warm-up; each gets half of the time. */
final class MedianTimer {
  private static final double WARM_UP_SHARE = 0.5;
  private static final int FEWEST_WARM_UPS = 2;
  private static final int FEWEST_REPETITIONS = 3;
  private static final int MOST_REPETITIONS = 100_000;
  private static final double NANOS = 1e9;

  private final double budgetSeconds;

  /** Creates one that takes about so long for an action, longer only if the action itself does. */
  MedianTimer(double budgetSeconds) {
    this.budgetSeconds = budgetSeconds;
  }

  /** Runs the action until the JVM has had time to compile it. */
  void warmUp(Runnable action) {
    repeat(action, FEWEST_WARM_UPS, budgetSeconds * WARM_UP_SHARE);
  }

  /** Returns the median time of the action in seconds. */
  double seconds(Runnable action) {
    double[] times = repeat(action, FEWEST_REPETITIONS, budgetSeconds * (1 - WARM_UP_SHARE));
    Arrays.sort(times);
    return times[times.length / 2];
  }

  private static double[] repeat(Runnable action, int fewest, double seconds) {
    double[] times = new double[fewest];
    int count = 0;
    long started = System.nanoTime();
    long end = started;
    while (count < fewest || (count < MOST_REPETITIONS && (end - started) / NANOS < seconds)) {
      long begin = System.nanoTime();
      action.run();
      end = System.nanoTime();
      times = count < times.length ? times : Arrays.copyOf(times, 2 * times.length);
      times[count++] = (end - begin) / NANOS;
    }
    return Arrays.copyOf(times, count);
  }
}
