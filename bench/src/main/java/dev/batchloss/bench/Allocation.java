package dev.batchloss.bench;

import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** How much a call allocates on the Java heap, in all threads together. */
final class Allocation {
  private static final String BYTES_PER_CALL = "gc.alloc.rate.norm";

  private Allocation() {}

  /**
   * Returns the bytes of a call in steady state, measured in a JVM of its own: the least of several
   * iterations' means, as what the JVM's other threads allocate now and then is not the call's.
   */
  static double bytesPerCall(RatioCase line) {
    List<BenchmarkResult> results =
        RatioMeasurement.results(
            line,
            0,
            new OptionsBuilder()
                .include(line.pattern("loss"))
                .addProfiler(GCProfiler.class)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.milliseconds(400))
                .measurementIterations(3)
                .measurementTime(TimeValue.milliseconds(250)));
    return results.stream()
        .flatMap(result -> result.getIterationResults().stream())
        .mapToDouble(result -> result.getSecondaryResults().get(BYTES_PER_CALL).getScore())
        .min()
        .orElseThrow();
  }
}
