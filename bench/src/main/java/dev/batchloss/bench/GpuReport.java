package dev.batchloss.bench;

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
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

/**
 * How near the kernels of every tier come to a copy on the device, and what a call costs with
 * transfers and without, beside the processors of the same machine.
 *
 * <pre>bench/gpu</pre>
 */
@Command(
    name = "bench/run gpu",
    sortOptions = false,
    description =
        "Times every tier of kernels on an NVIDIA GPU and prints a Markdown report; bench/gpu"
            + " checks them first. Nothing else should run meanwhile.")
public final class GpuReport implements Callable<Integer> {
  private static final int UNAVAILABLE = 4;
  private static final long MOST_COPIED = 1L << 30;
  private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");

  @Option(
      names = "--device",
      paramLabel = "N",
      defaultValue = "0",
      description = "The device's number, as in cuda:N (default: ${DEFAULT-VALUE}).")
  private int device;

  @Option(
      names = "--emulated",
      description =
          "Tries the report on an emulated device, with tiny shapes; its times mean nothing.")
  private boolean emulated;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      defaultValue = "${env:BATCHLOSS_BENCH_TARGET:-.}/gpu.md",
      description = "Where the report goes as well (default: ${DEFAULT-VALUE}).")
  private Path report = Path.of("");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  /** Runs the report; exits with 1 if something fails, 4 if there is no such device. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new GpuReport());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          command.getErr().println("bench/run gpu: " + failure.getMessage());
          return failure instanceof BackendUnavailableException ? UNAVAILABLE : ExitCode.SOFTWARE;
        });
    System.exit(line.execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    try (BatchLoss gpu = BatchLoss.open("cuda:" + device);
        BatchLoss cpu = BatchLoss.open("cpu");
        DeviceCopy copy = new DeviceCopy(device)) {
      boolean isEmulated = copy.name().contains("emulated");
      if (isEmulated != emulated) {
        System.err.println(
            isEmulated
                ? "bench/run gpu: %s is emulated: its times say nothing".formatted(copy.name())
                : "bench/run gpu: --emulated, but %s is not".formatted(copy.name()));
        return UNAVAILABLE;
      }
      GpuTable table = measure(gpu, cpu, copy);
      write(table.markdown());
      System.out.print(table.markdown());
      return ExitCode.OK;
    }
  }

  private GpuTable measure(BatchLoss gpu, BatchLoss cpu, DeviceCopy copy) throws IOException {
    List<String> facts = facts(gpu, cpu);
    long copied = emulated ? 1 << 16 : Math.min(MOST_COPIED, copy.freeBytes() / 4);
    double ceiling = copy.bytesPerSecond(copied);
    // Beside the matrices there are statistics of rows, and what others take.
    GpuTimes times = new GpuTimes(gpu, cpu, bytes -> bytes < 0.9 * copy.freeBytes());
    List<GpuTable.Row> rows = new ArrayList<>();
    for (GpuCase one : emulated ? GpuCase.tiny() : GpuCase.all()) {
      System.err.println("bench/run gpu: %s %s ...".formatted(one.shape(), one.type()));
      rows.addAll(times.of(one));
    }
    return new GpuTable(
        emulated ? "emulated: these times say nothing" : "batchloss on " + copy.name(),
        facts,
        ceiling,
        List.copyOf(rows),
        times.leftOut());
  }

  private static List<String> facts(BatchLoss gpu, BatchLoss cpu) throws IOException {
    List<String> facts = new ArrayList<>();
    facts.add(OffsetDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS).toString());
    facts.add("commit " + System.getenv().getOrDefault("BATCHLOSS_BENCH_COMMIT", "unknown"));
    facts.add("%s: %s".formatted(gpu.backend().name(), gpu.backend().detail()));
    if (Files.isReadable(DRIVER)) {
      facts.add(Files.readAllLines(DRIVER).getFirst().replaceAll("\\s+", " "));
    }
    facts.add("cpu: " + cpu.backend().detail());
    facts.add(Machine.here().text());
    facts.add(System.getenv().getOrDefault("BATCHLOSS_BENCH_CHECKS", "not checked before"));
    return List.copyOf(facts);
  }

  private void write(String text) throws IOException {
    Path target = report.toAbsolutePath();
    Path unfinished = Files.createTempFile(target.getParent(), "gpu", ".md");
    Files.writeString(unfinished, text);
    Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
  }
}
