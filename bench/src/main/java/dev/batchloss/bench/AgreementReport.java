package dev.batchloss.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Does {@code batchloss bench} say the same as JMH? Both measure the {@code cpu} backend by turns,
 * a round each.
 *
 * <pre>bench/run agreement --shape 4096x32000</pre>
 */
@Command(
    name = "bench/run agreement",
    sortOptions = false,
    description = {
      "Runs \"batchloss bench\" and the same tasks in JMH by turns, and prints both medians and"
          + " their ratio as Markdown.",
      "Takes about two minutes for a shape and a round; nothing else should run meanwhile."
    })
public final class AgreementReport extends ReportCommand {
  /** By the names of the tasks in the command line's JSON. */
  private static final Map<String, Class<? extends LossAgainstCeiling>> TASKS = tasks();

  @Option(
      names = "--shape",
      paramLabel = "ROWSxCLASSES",
      split = ",",
      defaultValue = "4096x32000,8192x1000",
      description = "The shapes, separated by commas (default: ${DEFAULT-VALUE}).")
  private List<String> shapes = List.of();

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "How often each is asked (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "40",
      description = "What the command line gets for a shape (default: ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--launcher",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-bench/target}/../../bin/batchloss",
      description = "The command line (default: ${DEFAULT-VALUE}).")
  private Path launcher = Path.of("");

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/agreement.json",
      description = "Where the same goes as JSON (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  /** Runs the comparison; exits with 1 if one of both fails, never because they differ. */
  public static void main(String[] arguments) {
    execute(new AgreementReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    shapes.forEach(Shape::parse);
    Origin origin = Origin.of(command());
    List<Agreement.Row> rows = new ArrayList<>();
    for (String shape : shapes) {
      Map<String, List<Double>> command = new LinkedHashMap<>();
      Map<String, List<Double>> jmh = new LinkedHashMap<>();
      for (int round = 1; round <= rounds; round++) {
        progress("%s, round %d of %d", shape, round, rounds);
        byCommand(shape).forEach((task, nanos) -> add(command, task, nanos));
        TASKS.forEach((task, question) -> add(jmh, task, byJmh(shape, question)));
      }
      for (String task : TASKS.keySet()) {
        rows.add(new Agreement.Row(shape, task, median(command, task), median(jmh, task)));
      }
    }
    Agreement agreement = new Agreement(origin, rounds, rows);
    ReportFile.writeJson(json, agreement);
    System.out.print(agreement.markdown());
    return ExitCode.OK;
  }

  private Map<String, Double> byCommand(String shape) throws IOException {
    Path output = Files.createTempFile("agreement", ".json");
    try {
      Process process =
          new ProcessBuilder(
                  launcher.toAbsolutePath().normalize().toString(),
                  "bench",
                  "--json",
                  "--backend",
                  "cpu",
                  "--shape",
                  shape,
                  "--seconds",
                  Integer.toString(seconds))
              .redirectOutput(output.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // It may have to be built first.
      int exit = PeerProcess.await(process, Duration.ofSeconds(10L * seconds + 600)).orElse(-1);
      if (exit != 0) {
        throw new IllegalStateException("%s failed with exit code %d".formatted(launcher, exit));
      }
      return nanosOf(Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.delete(output);
    }
  }

  /** Returns the nanoseconds of each task over arrays, as the command line prints them. */
  static Map<String, Double> nanosOf(String json) {
    Map<String, Double> nanos = new LinkedHashMap<>();
    for (JsonNode result : JsonMapper.shared().readTree(json).required("results")) {
      if (result.required("memory").asString().equals("heap")) {
        nanos.put(
            result.required("task").asString(), result.required("seconds").doubleValue() * 1e9);
      }
    }
    return nanos;
  }

  private static double byJmh(String shape, Class<? extends LossAgainstCeiling> question) {
    RatioCase line = RatioCase.of("cpu", question, shape);
    return RatioMeasurement.results(
            line,
            0,
            new OptionsBuilder()
                .include(line.pattern("loss"))
                .mode(Mode.SampleTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(1)
                .warmupIterations(5)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1)))
        .getFirst()
        .getPrimaryResult()
        .getStatistics()
        .getPercentile(50);
  }

  private static void add(Map<String, List<Double>> all, String task, double nanos) {
    all.computeIfAbsent(task, key -> new ArrayList<>()).add(nanos);
  }

  private static double median(Map<String, List<Double>> all, String task) {
    return Samples.median(
        Objects.requireNonNull(all.get(task), task).stream()
            .mapToDouble(Double::doubleValue)
            .toArray());
  }

  private static Map<String, Class<? extends LossAgainstCeiling>> tasks() {
    Map<String, Class<? extends LossAgainstCeiling>> tasks = new LinkedHashMap<>();
    tasks.put("loss", CrossEntropyForward.class);
    tasks.put("gradient", CrossEntropyGradient.class);
    tasks.put("gradientInPlace", CrossEntropyGradientInPlace.class);
    return tasks;
  }
}
