package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * How near each loss comes to the memory's ceiling, as one table.
 *
 * <pre>bench/run ratio --quick</pre>
 */
@Command(
    name = "bench/run ratio",
    sortOptions = false,
    description = {
      "Times each loss and the memory's ceiling for it by turns in the same JVM, and prints their"
          + " times and ratios as a Markdown table on standard output.",
      "A whole run takes about half an hour; nothing else should run meanwhile."
    })
public final class RatioReport extends ReportCommand {
  @Option(
      names = "--quick",
      description = "The few lines that tell most, each in one JVM: about two minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description =
          "Only lines whose benchmark, shape, type and memory, such as 'CrossEntropyForward"
              + " 4096x32000 FLOAT32 heap', contain this; several times: any of these.")
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

  /** Runs the report; exits with 1 if a benchmark fails, 4 if the backend is not available. */
  public static void main(String[] arguments) {
    execute(new RatioReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    Effort effort = (quick ? Effort.QUICK : Effort.FULL).withRounds(rounds);
    RatioTable table =
        new RatioMeasurement(effort, threads).measure(Origin.of(command()), selected());
    ReportFile.writeJson(json, table);
    System.out.print(table.markdown());
    return ExitCode.OK;
  }

  private List<RatioCase> selected() {
    List<RatioCase> cases =
        backends.stream()
            .flatMap(name -> (quick ? RatioCase.quick(name) : RatioCase.all(name)).stream())
            .filter(one -> only.isEmpty() || only.stream().anyMatch(text -> contains(one, text)))
            .toList();
    if (cases.isEmpty()) {
      throw new IllegalArgumentException("no line of the report contains " + only);
    }
    return cases;
  }

  private static boolean contains(RatioCase one, String text) {
    return (one.label() + " ").toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
  }
}
