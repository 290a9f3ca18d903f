package dev.batchloss.bench;

import java.util.List;
import java.util.Locale;

/**
 * What the command line's benchmark says beside what JMH says.
 *
 * @param origin where it was made
 * @param rounds how often each was asked, by turns
 * @param rows one for each shape and task
 */
record Agreement(Origin origin, int rounds, List<Row> rows) {
  private static final double MOST = 0.15;

  /**
   * One task at one shape.
   *
   * @param shape rows × classes
   * @param task as {@code batchloss bench --json} names it
   * @param command the median, over the rounds, of the command line's medians, in nanoseconds
   * @param jmh likewise of JMH's
   */
  record Row(String shape, String task, double command, double jmh) {
    double ratio() {
      return command / jmh;
    }

    String markdown() {
      boolean agrees = ratio() <= 1 + MOST && 1 / ratio() <= 1 + MOST;
      return String.format(
          Locale.ROOT,
          "| %s | %s | %.3f | %.3f | **%.2f** | %s |",
          shape.replace('x', '×'),
          task,
          command / 1e6,
          jmh / 1e6,
          ratio(),
          agrees ? "yes" : "no");
    }
  }

  String markdown() {
    StringBuilder text = new StringBuilder(origin.text());
    text.append(" %d %s.\n\n".formatted(rounds, rounds == 1 ? "round" : "rounds"));
    text.append(
        """
        | shape | task | batchloss bench, ms | JMH, ms | ratio | within 15% |
        | --- | --- | ---: | ---: | ---: | --- |
        """);
    rows.forEach(row -> text.append(row.markdown()).append('\n'));
    return text.toString();
  }
}
