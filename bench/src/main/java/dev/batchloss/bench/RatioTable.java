package dev.batchloss.bench;

import java.util.List;
import java.util.Locale;

/**
 * The outcome of a report, as it is written to JSON.
 *
 * @param origin where it was made
 * @param backends the backends, each with what it says it runs on
 * @param rounds how many JVMs measured each line
 * @param rows one a line
 */
record RatioTable(Origin origin, List<String> backends, int rounds, List<Row> rows) {

  /**
   * One line. Times are medians over iterations of the iterations' medians.
   *
   * @param backend the backend's name
   * @param question the benchmark class
   * @param shape rows × classes
   * @param type the format of the logits
   * @param memory where they stand
   * @param copies how many copies of the matrices were gone through in turn
   * @param metrics the metrics asked for, or empty
   * @param bytes the size of what the loss reads
   * @param lossNanos the time of the loss
   * @param ceiling what it is compared with: sum, copy, scale
   * @param ceilingNanos its time
   * @param ratio median over iterations of the ceiling's time over the loss's, turn by turn
   * @param lowerQuartile of the same
   * @param upperQuartile of the same
   * @param bestRatio the ceiling's shortest time over the loss's shortest, in any iteration each
   * @param others the share of all processors that other processes used, median over iterations
   * @param goal the ratio aimed at, NaN for none
   * @param iterations how many iterations there were, over all rounds
   * @param turns how often loss and ceiling took turns
   */
  record Row(
      String backend,
      String question,
      String shape,
      String type,
      String memory,
      int copies,
      String metrics,
      long bytes,
      double lossNanos,
      String ceiling,
      double ceilingNanos,
      double ratio,
      double lowerQuartile,
      double upperQuartile,
      double bestRatio,
      double others,
      double goal,
      int iterations,
      long turns) {

    /** Where others use more of the machine than this, a ratio below its goal proves nothing. */
    private static final double BUSY = 0.05;

    /** Returns the benchmark with what it was asked for. */
    String name() {
      return metrics.isEmpty() ? question : question + " " + metrics;
    }

    String markdown() {
      String size = shape.replace('x', '×');
      return "| %s | %s | %s | %s | %s | %s | %.1f | %s | %.1f | **%s** | %s–%s | %s | %.0f%% | %s |"
          .formatted(
              backend,
              name(),
              copies == 1 ? size : "%s, %d in turn".formatted(size, copies),
              type,
              memory.toLowerCase(Locale.ROOT),
              milliseconds(lossNanos),
              bytes / lossNanos,
              ceiling,
              bytes / ceilingNanos,
              percent(ratio),
              percent(lowerQuartile),
              percent(upperQuartile),
              percent(bestRatio),
              100 * others,
              verdict());
    }

    private String verdict() {
      return Double.isNaN(goal)
          ? ""
          : "%.0f%% %s".formatted(100 * goal, verdict(ratio, goal, others));
    }

    /** Returns whether a goal was met, in a word or two. */
    static String verdict(double reached, double goal, double others) {
      return reached >= goal ? "met" : others > BUSY ? "open: others busy" : "missed";
    }

    private static String milliseconds(double nanos) {
      return String.format(nanos < 10e6 ? "%.3f" : "%.1f", nanos / 1e6);
    }
  }

  /** Returns a share with as many digits as it deserves. */
  static String percent(double share) {
    return String.format(share < 0.1 ? "%.1f%%" : "%.0f%%", 100 * share);
  }

  /** Returns the report as Markdown. */
  String markdown() {
    return origin.text() + " " + tables();
  }

  /** Returns how it was measured, and its tables, as Markdown. */
  String tables() {
    StringBuilder text = new StringBuilder();
    text.append(String.join(", ", backends));
    text.append(". %d %s a line.\n\n".formatted(rounds, rounds == 1 ? "JVM" : "JVMs"));
    text.append(
        """
        | backend | benchmark | shape | type | memory | loss, ms | loss, GB/s | ceiling | ceiling, GB/s \
        | loss / ceiling | quartiles | best / best | others' CPU | goal |
        | --- | --- | --- | --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |
        """);
    for (Row row : rows) {
      text.append(row.markdown()).append('\n');
    }
    List<RatioComparison> comparisons = RatioComparison.of(rows);
    if (!comparisons.isEmpty()) {
      text.append(RatioComparison.HEAD);
      comparisons.forEach(one -> text.append(one.markdown()).append('\n'));
    }
    return text.toString();
  }
}
