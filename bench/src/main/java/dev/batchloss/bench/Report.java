package dev.batchloss.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that was measured, as it is written to JSON.
 *
 * @param origin where it was made
 * @param backends every backend the library knows, each with what it runs on or why it cannot
 * @param ceilings what the memory allowed
 * @param ratios losses against it
 * @param growth how cost grows
 * @param peers other libraries, null if they were not asked for
 * @param gpu a CUDA device, null if there is none
 * @param withoutGpu why there are no rows of a GPU, a line each
 */
record Report(
    Origin origin,
    List<String> backends,
    List<CeilingLine> ceilings,
    RatioTable ratios,
    List<Growth> growth,
    @Nullable PeerTable peers,
    @Nullable GpuTable gpu,
    List<String> withoutGpu) {

  /** Writes the report to a folder: report.md, report.json, and the charts that the first shows. */
  void write(Path folder) throws IOException {
    for (Growth one : growth) {
      for (String computed : one.computed()) {
        ReportFile.write(folder.resolve(one.chart(computed)), GrowthChart.svg(one, computed));
      }
    }
    ReportFile.writeJson(folder.resolve("report.json"), this);
    ReportFile.writeText(folder.resolve("report.md"), markdown());
  }

  /** Returns the report as Markdown. */
  String markdown() {
    StringBuilder text = new StringBuilder("# What batchloss costs on this machine\n\n");
    text.append(origin.text()).append("\n\nBackends:\n\n");
    backends.forEach(line -> text.append("- ").append(line).append('\n'));
    text.append(
        """

        ## Ceilings

        What the memory allows, in GB/s of the logits, measured beside the losses below.

        | ceiling | over | GB/s | slowest–fastest line | lines |
        | --- | --- | ---: | ---: | ---: |
        """);
    ceilings.forEach(line -> text.append(line.markdown()).append('\n'));
    text.append("\n## Losses against the ceiling\n\n").append(ratios.tables());
    text.append("\n## How cost grows\n\n");
    text.append(String.join("\n", growth.stream().map(Growth::markdown).toList()));
    text.append("\n## Other libraries\n\n");
    text.append(
        peers == null ? "Not measured; `--peers` fetches and times them.\n" : peers.tables());
    text.append("\n## GPU\n\n");
    if (gpu != null) {
      text.append(gpu.markdown().replaceFirst("# ", "### ")).append('\n');
    }
    withoutGpu.forEach(line -> text.append("- ").append(line).append('\n'));
    return text.toString();
  }
}
