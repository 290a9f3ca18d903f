package dev.batchloss.bench;

import java.util.List;
import java.util.Locale;

/**
 * How long processes took that do one thing and end.
 *
 * @param origin where it was made
 * @param shape rows × classes
 * @param rounds how often each was run, by turns
 * @param lines one for each kind of process, the one that the others are held against first
 */
record FirstCall(Origin origin, String shape, int rounds, List<Line> lines) {
  /**
   * One kind of process.
   *
   * @param process what it does
   * @param median the median of its times, in nanoseconds
   * @param least the least of them
   */
  record Line(String process, double median, double least) {}

  String markdown() {
    StringBuilder text = new StringBuilder(origin.text());
    text.append(" %s, %d processes of each kind.\n\n".formatted(shape.replace('x', '×'), rounds));
    text.append(
        """
        | a process that | ms | least | times the first |
        | --- | ---: | ---: | ---: |
        """);
    for (Line line : lines) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %.0f | %.0f | %.1f |\n",
              line.process(),
              line.median() / 1e6,
              line.least() / 1e6,
              line.median() / lines.getFirst().median()));
    }
    return text.toString();
  }
}
