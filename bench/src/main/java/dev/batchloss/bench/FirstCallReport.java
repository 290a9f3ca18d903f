package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * What the first call in a new JVM costs: whole processes, from their start to their end.
 *
 * <pre>bench/run first-call</pre>
 */
@Command(
    name = "bench/run first-call",
    sortOptions = false,
    description = {
      "Runs processes that take the loss of a matrix once, on cpu, and such that only sum it, by"
          + " turns, and prints the medians of their times as Markdown.",
      "All have the module jdk.incubator.vector. Takes some seconds; nothing else should run"
          + " meanwhile."
    })
public final class FirstCallReport extends ReportCommand {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @Option(
      names = "--shape",
      paramLabel = "ROWSxCLASSES",
      defaultValue = "1000x1000",
      description = "The shape (default: ${DEFAULT-VALUE}).")
  private String shape = "";

  @Option(
      names = "--rounds",
      defaultValue = "15",
      description = "How many processes of each kind (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/first-call.json",
      description = "Where the same goes as JSON (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  /** Runs the processes; exits with 1 if one of them fails. */
  public static void main(String[] arguments) {
    execute(new FirstCallReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    Shape parsed = Shape.parse(shape);
    Origin origin = Origin.of(command());
    double[] sums = new double[rounds];
    double[] losses = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      sums[round] = nanos(FirstCallProcess.SUM, parsed);
      losses[round] = nanos(FirstCallProcess.LOSS, parsed);
    }
    FirstCall report =
        new FirstCall(
            origin,
            shape,
            rounds,
            List.of(line("sums the logits", sums), line("takes their loss", losses)));
    ReportFile.writeJson(json, report);
    System.out.print(report.markdown());
    return ExitCode.OK;
  }

  private static FirstCall.Line line(String process, double[] nanos) {
    return new FirstCall.Line(process, Samples.median(nanos), Samples.quantile(nanos, 0));
  }

  private static double nanos(String kind, Shape shape) throws IOException {
    List<String> command =
        Stream.of(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                FirstCallProcess.class.getName(),
                kind,
                shape.rows(),
                shape.classes())
            .map(Objects::toString)
            .toList();
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int exit = PeerProcess.await(process, LIMIT).orElse(-1);
    long nanos = System.nanoTime() - start;
    if (exit != 0) {
      throw new IllegalStateException(
          "%s failed with exit code %d".formatted(String.join(" ", command), exit));
    }
    return nanos;
  }
}
