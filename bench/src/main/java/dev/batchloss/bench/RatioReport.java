package dev.batchloss.bench;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.data.BackendUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How near each loss comes to the memory's ceiling. Runs the {@code alternating} benchmarks through
 * JMH, each in JVMs of its own, going through all of them once before any is run again, and prints
 * one table.
 *
 * <pre>bench/run ratio --quick</pre>
 */
@Command(
    name = "bench/run ratio",
    sortOptions = false,
    description = {
      "Times each loss and the memory's ceiling for it by turns in the same JVM, and prints their"
          + " times and ratios as a Markdown table on standard output.",
      "A whole run takes about a quarter of an hour; nothing else should run meanwhile."
    })
public final class RatioReport implements Callable<Integer> {
  private static final int UNAVAILABLE = 4;

  /** An OpenCL driver whose device is the processors themselves: a goal for them is one for it. */
  private static final String POCL = "Portable Computing Language";

  @Option(
      names = "--quick",
      description = "The few lines that tell most, each in one JVM: under 90 seconds.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description =
          "Only lines whose benchmark, shape, type and memory, such as 'CrossEntropyForward"
              + " 4096x32000 FLOAT32 heap', contain this; several times: all of these.")
  private List<String> only = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "cpu",
      description =
          "The backends, separated by commas (default: ${DEFAULT-VALUE}); opencl has lines of its"
              + " own.")
  private List<String> backends = List.of();

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "Threads for the loss and for the ceiling; 0 (the default): one a processor.")
  private int threads;

  @Option(
      names = "--rounds",
      description = "How many JVMs measure each line (default: 1 with --quick, otherwise 3).")
  private int rounds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/ratio.json",
      description = "Where the same goes as JSON (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  /** Runs the report; exits with 1 if a benchmark fails, 4 if the backend is not available. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new RatioReport());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          command.getErr().println("bench/run ratio: " + failure.getMessage());
          return failure instanceof BackendUnavailableException ? UNAVAILABLE : ExitCode.SOFTWARE;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    List<RatioCase> cases = selected();
    Map<String, BackendStatus> statuses = statuses();
    String started = OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS).toString();
    double load = Machine.load();
    int times = rounds > 0 ? rounds : quick ? 1 : 3;
    Map<RatioCase, List<IterationResult>> iterations = new LinkedHashMap<>();
    for (int round = 1; round <= times; round++) {
      for (RatioCase one : cases) {
        List<IterationResult> results = run(one);
        System.err.printf(
            "round %d of %d: %s %s %s%n",
            round,
            times,
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
    RatioTable table =
        new RatioTable(
            command(),
            started,
            statuses.values().stream().map(RatioReport::text).toList(),
            Machine.here(),
            load,
            times,
            List.copyOf(rows));
    write(table);
    System.out.print(table.markdown());
    return ExitCode.OK;
  }

  private List<RatioCase> selected() {
    List<RatioCase> cases =
        backends.stream()
            .flatMap(name -> (quick ? RatioCase.quick(name) : RatioCase.all(name)).stream())
            .filter(one -> only.stream().allMatch(text -> contains(one, text)))
            .toList();
    if (cases.isEmpty()) {
      throw new IllegalArgumentException("no line of the report contains " + only);
    }
    return cases;
  }

  private static boolean contains(RatioCase one, String text) {
    return (one.label() + " ").toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
  }

  /** Fails here, with the reasons, and not in the first fork. */
  private Map<String, BackendStatus> statuses() {
    Map<String, BackendStatus> statuses = new LinkedHashMap<>();
    for (String name : backends) {
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
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + one.question().getName().replace(".", "\\.") + "\\.alternating$")
            .param("backend", one.backend())
            .param("threads", Integer.toString(threads))
            .param("shape", one.shape())
            .param("type", one.type().name())
            .param("memory", one.memory().name())
            .param("copies", Integer.toString(one.copies()))
            .forks(1)
            .warmupIterations(quick ? 3 : 5)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(quick ? 4 : 5)
            .measurementTime(TimeValue.seconds(1))
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    if (!one.metrics().isEmpty()) {
      options.param("metrics", one.metrics());
    }
    Collection<RunResult> results;
    try {
      results = new Runner(options.build()).run();
    } catch (RunnerException e) {
      throw new IllegalStateException(one.label() + ": " + rootOf(e), e);
    }
    return results.stream()
        .flatMap(result -> result.getBenchmarkResults().stream())
        .map(BenchmarkResult::getIterationResults)
        .flatMap(Collection::stream)
        .toList();
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

  private RatioTable.Row row(RatioCase one, BackendStatus status, List<IterationResult> results) {
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
        hasGoal ? one.goal() : Double.NaN,
        results.size(),
        (long) turns);
  }

  private static double[] values(List<IterationResult> results, String counter) {
    return results.stream()
        .mapToDouble(result -> result.getSecondaryResults().get(counter).getScore())
        .toArray();
  }

  private String command() {
    StringBuilder text = new StringBuilder("bench/run ratio");
    if (quick) {
      text.append(" --quick");
    }
    only.forEach(part -> text.append(" --only '").append(part).append('\''));
    if (!backends.equals(List.of("cpu"))) {
      text.append(" --backend ").append(String.join(",", backends));
    }
    if (threads != 0) {
      text.append(" --threads ").append(threads);
    }
    if (rounds != 0) {
      text.append(" --rounds ").append(rounds);
    }
    return text.toString();
  }

  private void write(RatioTable table) throws IOException {
    Path target = json.toAbsolutePath();
    Path unfinished = Files.createTempFile(target.getParent(), "ratio", ".json");
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    mapper.writeValue(unfinished, table);
    Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
  }
}
