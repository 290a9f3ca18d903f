package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
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
public final class GpuReport extends ReportCommand {
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

  /** Runs the report; exits with 1 if something fails, 4 if there is no such device. */
  public static void main(String[] arguments) {
    execute(new GpuReport(), arguments);
  }

  @Override
  public Integer call() throws IOException {
    try (GpuMeasurement gpu = GpuMeasurement.open(device)) {
      if (gpu.isEmulated() != emulated) {
        progress(
            gpu.isEmulated()
                ? "%s is emulated: its times say nothing"
                : "--emulated, but %s is not",
            gpu.name());
        return UNAVAILABLE;
      }
      String text = gpu.measure(Origin.of(command())).markdown();
      ReportFile.writeText(report, text);
      System.out.print(text);
      return ExitCode.OK;
    }
  }
}
