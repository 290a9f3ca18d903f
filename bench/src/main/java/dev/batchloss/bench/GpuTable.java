package dev.batchloss.bench;

import dev.batchloss.bench.GpuCase.Task;
import java.util.List;
import java.util.Locale;

/**
 * The outcome of a report on a GPU.
 *
 * @param heading what stands above it
 * @param facts where and on what it was made, a line each
 * @param copyBytesPerSecond what a copy from device to device reads and writes
 * @param rows a line each
 * @param leftOut what did not fit, with the reason
 */
record GpuTable(
    String heading,
    List<String> facts,
    double copyBytesPerSecond,
    List<Row> rows,
    List<String> leftOut) {

  /**
   * One line: medians in seconds, NaN where nothing was measured.
   *
   * @param kernels on the device, by its own clock
   * @param resident the whole call, with matrices on the device
   * @param fromNative the whole call, with matrices in native memory of the host
   * @param fromHeap likewise in Java arrays
   * @param cpuNative the backend {@code cpu} over the same native memory
   * @param cpuHeap likewise over the arrays
   */
  record Row(
      GpuCase matrix,
      Task task,
      double kernels,
      double resident,
      double fromNative,
      double fromHeap,
      double cpuNative,
      double cpuHeap) {

    /** Returns the bytes that have to be moved. */
    long bytes() {
      return matrix.bytes() * task.passes();
    }

    String markdown(double copyBytesPerSecond) {
      double bytesPerSecond = bytes() / kernels;
      return "| %s | %s | %s | %s | %s | %s | **%s** | %s | %s | %s | %s | %s |"
          .formatted(
              matrix.tier(),
              matrix.shape(),
              matrix.type(),
              task.label(),
              milliseconds(kernels),
              number("%.1f", bytesPerSecond / 1e9),
              number("%.0f%%", 100 * bytesPerSecond / copyBytesPerSecond),
              milliseconds(resident),
              milliseconds(fromNative),
              milliseconds(fromHeap),
              milliseconds(cpuNative),
              milliseconds(cpuHeap));
    }

    private static String milliseconds(double seconds) {
      return number(seconds < 0.01 ? "%.3f" : "%.1f", seconds * 1e3);
    }

    private static String number(String format, double value) {
      return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
    }
  }

  /** Returns the report as Markdown. */
  String markdown() {
    StringBuilder text = new StringBuilder("# ").append(heading).append("\n\n");
    facts.forEach(fact -> text.append("- ").append(fact).append('\n'));
    text.append(
        String.format(
            Locale.ROOT,
            """
            - a copy from device to device reads and writes %.1f GB/s

            Times in ms, medians. *Of a copy*: the bytes that a loss has to read, and a gradient to read and write, \
            in the kernels' time, over those of the copy. *Resident*: the whole call with matrices on the device; \
            *native* and *heap*: with matrices in the host's memory, transfers included.

            | tier | shape | type | task | in kernels | GB/s | of a copy | resident | native | heap | cpu, native | cpu, heap |
            | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
            """,
            copyBytesPerSecond / 1e9));
    rows.forEach(row -> text.append(row.markdown(copyBytesPerSecond)).append('\n'));
    if (!leftOut.isEmpty()) {
      text.append("\nLeft out:\n\n");
      leftOut.forEach(line -> text.append("- ").append(line).append('\n'));
    }
    return text.toString();
  }
}
