package dev.batchloss.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/** Times actions by the median of repetitions, after a warm-up; each gets half of the time. */
final class MedianTimer {
  private static final double WARM_UP_SHARE = 0.5;
  private static final int FEWEST_WARM_UPS = 2;
  private static final int FEWEST_REPETITIONS = 3;
  private static final int MOST_REPETITIONS = 100_000;
  private static final double NANOS = 1e9;

  private final double budgetSeconds;

  /**
   * The medians of an action's repetitions.
   *
   * @param seconds from its beginning to its end
   * @param kernelSeconds of what a device spent in kernels, where that is known
   */
  record Timing(double seconds, OptionalDouble kernelSeconds) {}

  /** Creates one that takes about so long for an action, longer only if the action itself does. */
  MedianTimer(double budgetSeconds) {
    this.budgetSeconds = budgetSeconds;
  }

  /** Runs the action until the JVM has had time to compile it. */
  void warmUp(Supplier<OptionalDouble> action) {
    List<Timing> _ = repeat(action, FEWEST_WARM_UPS, budgetSeconds * WARM_UP_SHARE);
  }

  /**
   * Times an action.
   *
   * @param action returns what a device spent in kernels, where that is known
   */
  Timing time(Supplier<OptionalDouble> action) {
    List<Timing> timings = repeat(action, FEWEST_REPETITIONS, budgetSeconds * (1 - WARM_UP_SHARE));
    return new Timing(
        median(timings.stream().mapToDouble(Timing::seconds)).orElseThrow(),
        median(timings.stream().flatMapToDouble(timing -> timing.kernelSeconds().stream())));
  }

  private static OptionalDouble median(DoubleStream times) {
    double[] sorted = times.sorted().toArray();
    return sorted.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(sorted[sorted.length / 2]);
  }

  private static List<Timing> repeat(Supplier<OptionalDouble> action, int fewest, double seconds) {
    List<Timing> timings = new ArrayList<>();
    long started = System.nanoTime();
    long end = started;
    while (timings.size() < fewest
        || (timings.size() < MOST_REPETITIONS && (end - started) / NANOS < seconds)) {
      long begin = System.nanoTime();
      OptionalDouble kernelSeconds = action.get();
      end = System.nanoTime();
      timings.add(new Timing((end - begin) / NANOS, kernelSeconds));
    }
    return timings;
  }
}
