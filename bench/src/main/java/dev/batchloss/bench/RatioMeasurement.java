package dev.batchloss.bench;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the {@code alternating} benchmarks through JMH, each in JVMs of its own, going through all
 * of them once before any is run again.
 */
final class RatioMeasurement {
  /** An OpenCL driver whose device is the processors themselves: a goal for them is one for it. */
  private static final String POCL = "Portable Computing Language";

  private final Effort effort;
  private final int threads;

  /**
   * Prepares.
   *
   * @param threads for the loss and for the ceiling alike; 0 for one a processor
   */
  RatioMeasurement(Effort effort, int threads) {
    this.effort = effort;
    this.threads = threads;
  }

  /**
   * Measures; blocks until the last line is done.
   *
   * @throws dev.batchloss.data.BackendUnavailableException before anything is measured, if a
   *     backend cannot run
   */
  RatioTable measure(Origin origin, List<RatioCase> cases) {
    Map<String, BackendStatus> statuses = statuses(cases);
    Map<RatioCase, List<IterationResult>> iterations = new LinkedHashMap<>();
    for (int round = 1; round <= effort.rounds(); round++) {
      for (RatioCase one : cases) {
        List<IterationResult> results = run(one);
        System.err.printf(
            "round %d of %d: %s %s %s%n",
            round,
            effort.rounds(),
            one.backend(),
            one.label(),
            RatioTable.percent(Samples.median(values(results, "ratio"))));
        iterations.computeIfAbsent(one, key -> new ArrayList<>()).addAll(results);
      }
    }
    List<RatioTable.Row> rows = new ArrayList<>();
    iterations.forEach(
        (one, results) ->
            rows.add(row(one, Objects.requireNonNull(statuses.get(one.backend())), results)));
    return new RatioTable(
        origin,
        statuses.values().stream().map(RatioMeasurement::text).toList(),
        effort.rounds(),
        List.copyOf(rows));
  }

  /** Fails here, with the reasons, and not in the first fork. */
  private Map<String, BackendStatus> statuses(List<RatioCase> cases) {
    Map<String, BackendStatus> statuses = new LinkedHashMap<>();
    for (String name : cases.stream().map(RatioCase::backend).distinct().toList()) {
      try (BatchLoss engine = BatchLoss.builder().backend(name).threads(threads).open()) {
        statuses.put(name, engine.backend());
      }
    }
    return statuses;
  }

  private static String text(BackendStatus status) {
    return "%s (%s)".formatted(status.name(), status.detail());
  }

  private List<IterationResult> run(RatioCase one) {
    TimeValue time = TimeValue.milliseconds(effort.iterationTime().toMillis());
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(one.pattern("alternating"))
            .forks(1)
            .warmupIterations(effort.warmups())
            .warmupTime(time)
            .measurementIterations(effort.iterations())
            .measurementTime(time);
    return results(one, threads, options).stream()
        .map(BenchmarkResult::getIterationResults)
        .flatMap(Collection::stream)
        .toList();
  }

  /** Runs one line through JMH, silently. */
  static List<BenchmarkResult> results(RatioCase one, int threads, ChainedOptionsBuilder options) {
    one.parameters(threads).forEach(options::param);
    options.verbosity(VerboseMode.SILENT).shouldFailOnError(true);
    Collection<RunResult> results;
    try {
      results = new Runner(options.build()).run();
    } catch (RunnerException e) {
      throw new IllegalStateException(one.label() + ": " + rootOf(e), e);
    }
    return results.stream().flatMap(result -> result.getBenchmarkResults().stream()).toList();
  }

  /**
   * JMH wraps what happened in a fork, and keeps it beside the exception rather than as a cause.
   */
  private static Throwable rootOf(Throwable failure) {
    if (failure.getCause() != null) {
      return rootOf(failure.getCause());
    }
    return failure.getSuppressed().length > 0 ? rootOf(failure.getSuppressed()[0]) : failure;
  }

  private static RatioTable.Row row(
      RatioCase one, BackendStatus status, List<IterationResult> results) {
    double[] ratios = values(results, "ratio");
    double turns = 0;
    for (double some : values(results, "turns")) {
      turns += some;
    }
    boolean hasGoal = status.name().equals("cpu") || status.detail().contains(POCL);
    return new RatioTable.Row(
        status.name(),
        one.question().getSimpleName(),
        one.shape(),
        one.type().name(),
        one.memory().name(),
        one.copies(),
        one.metrics(),
        one.bytes(),
        Samples.median(values(results, "lossNanos")),
        one.ceiling(),
        Samples.median(values(results, "ceilingNanos")),
        Samples.median(ratios),
        Samples.quantile(ratios, 0.25),
        Samples.quantile(ratios, 0.75),
        Samples.quantile(values(results, "bestCeilingNanos"), 0)
            / Samples.quantile(values(results, "bestLossNanos"), 0),
        Samples.median(values(results, "others")),
        hasGoal ? RatioGoal.of(one) : Double.NaN,
        results.size(),
        (long) turns);
  }

  private static double[] values(List<IterationResult> results, String counter) {
    return results.stream()
        .mapToDouble(result -> result.getSecondaryResults().get(counter).getScore())
        .toArray();
  }
}
