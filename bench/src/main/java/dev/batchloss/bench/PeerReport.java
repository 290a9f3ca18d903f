package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * batchloss beside other libraries on the same data: each is checked against the definition, then
 * timed by turns with the memory's ceiling, in a JVM of its own.
 *
 * <pre>bench/run peers --quick</pre>
 */
@Command(
    name = "bench/run peers",
    sortOptions = false,
    description = {
      "Times the mean cross-entropy, and its gradient, of batchloss and of other libraries, and"
          + " prints Markdown on standard output.",
      "Fetches the libraries with Maven, after saying how much that is. One that cannot be fetched,"
          + " fails, or computes something else has a line that says so."
    })
public final class PeerReport extends ReportCommand {
  @Option(
      names = "--quick",
      description = "Few and short iterations in one JVM a line: shows that everything runs.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description =
          "Only what has this in its name, such as 'libtorch'; several times: any of these."
              + " batchloss is always among them.")
  private List<String> only = List.of();

  @Option(
      names = "--shape",
      paramLabel = "ROWSxCLASSES",
      split = ",",
      defaultValue = "4096x32000,512x128256,8192x1000,1000000x10,65536x2",
      description = "The shapes, separated by commas (default: ${DEFAULT-VALUE}).")
  private List<String> shapes = List.of();

  @Option(
      names = "--threads",
      defaultValue = "0",
      description = "Threads for everyone; 0 (the default): one a processor.")
  private int threads;

  @Option(
      names = "--rounds",
      description = "How many JVMs measure each line (default: 1 with --quick, otherwise 5).")
  private int rounds;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "A JVM is ended after this time (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/peers.json",
      description = "Where the same goes as JSON (default: ${DEFAULT-VALUE}).")
  private Path json = Path.of("");

  @Option(
      names = "--projects",
      paramLabel = "FOLDER",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-bench/target}/../peers",
      description = "Where the peers' projects are (default: ${DEFAULT-VALUE}).")
  private Path projects = Path.of("");

  /** Runs the report; exits with 1 if it cannot be made. */
  public static void main(String[] arguments) {
    execute(new PeerReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    List<PeerCase> cases = selected();
    shapes.forEach(Shape::parse);
    Duration most = Duration.ofSeconds(limit);
    PeerMeasurement measurement =
        quick
            ? PeerMeasurement.quick(projects, threads, rounds, most)
            : PeerMeasurement.full(projects, threads, rounds, most);
    PeerTable table = measurement.measure(Origin.of(command()), cases, shapes);
    ReportFile.writeJson(json, table);
    System.out.print(table.markdown());
    return ExitCode.OK;
  }

  private List<PeerCase> selected() {
    List<PeerCase> cases =
        PeerCase.all().stream()
            .filter(
                one ->
                    only.isEmpty()
                        || one.isBatchLoss()
                        || only.stream().anyMatch(text -> contains(one.name(), text)))
            .toList();
    if (!only.isEmpty() && cases.stream().allMatch(PeerCase::isBatchLoss)) {
      throw new IllegalArgumentException(
          "--only is %s, must be part of one of %s"
              .formatted(only, PeerCase.all().stream().map(PeerCase::name).toList()));
    }
    return cases;
  }

  private static boolean contains(String name, String text) {
    return name.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
  }
}
