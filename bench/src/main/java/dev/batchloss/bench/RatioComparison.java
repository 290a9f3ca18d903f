package dev.batchloss.bench;

import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A line beside the plain one that it varies: what another element type brings, what metrics and
 * label smoothing cost, and whether a class count that is a multiple of nothing costs anything.
 *
 * @param line the variant
 * @param beside the plain one: FLOAT32, nothing but the loss, an aligned class count
 * @param goal how many times the plain line's elements a second it should have at least, NaN for
 *     none
 */
record RatioComparison(RatioTable.Row line, RatioTable.Row beside, double goal) {
  /** Shapes that are only there to be compared, in addition to the usual ones. */
  static final List<String> NEIGHBOURS =
      List.of("8192x1024", "2600x50257", "2600x50304", "1300000x77", "1300000x80");

  private static final Map<String, String> ALIGNED =
      Map.of(
          "8192x1000", "8192x1024",
          "2600x50257", "2600x50304",
          "1300000x77", "1300000x80");

  private static final String FORWARD = CrossEntropyForward.class.getSimpleName();

  static final String HEAD =
      """

      | backend | benchmark | shape | type | memory | beside | elements/s against it \
      | by share of the ceiling | goal |
      | --- | --- | --- | --- | --- | --- | ---: | ---: | --- |
      """;

  /** Returns a comparison for each line that has another to be compared with. */
  static List<RatioComparison> of(List<RatioTable.Row> rows) {
    List<RatioComparison> comparisons = new ArrayList<>();
    for (RatioTable.Row line : rows) {
      if (!line.type().equals("FLOAT32")) {
        double goal = type(line).bytes() == Short.BYTES && isForward(line) ? 1.6 : Double.NaN;
        find(rows, line, line.question(), line.shape())
            .ifPresent(plain -> comparisons.add(new RatioComparison(line, plain, goal)));
      } else if (line.question().equals(CrossEntropyLabelSmoothing.class.getSimpleName())) {
        find(rows, line, FORWARD, line.shape())
            .ifPresent(plain -> comparisons.add(new RatioComparison(line, plain, 1 / 1.10)));
      } else if (line.question().equals(CrossEntropyMetrics.class.getSimpleName())) {
        find(rows, line, FORWARD, line.shape())
            .ifPresent(plain -> comparisons.add(new RatioComparison(line, plain, 1 / 1.15)));
      } else if (isForward(line) && ALIGNED.containsKey(line.shape())) {
        find(rows, line, FORWARD, ALIGNED.get(line.shape()))
            .ifPresent(plain -> comparisons.add(new RatioComparison(line, plain, 1 / 1.15)));
      }
    }
    return List.copyOf(comparisons);
  }

  /** Returns the line's elements a second over the other's, by the median times. */
  double byTime() {
    return line.bytes()
        / width(line)
        / line.lossNanos()
        * beside.lossNanos()
        * width(beside)
        / beside.bytes();
  }

  /**
   * The same by the shares of the ceilings, which a machine that drifts between lines bends less.
   */
  double byShare() {
    return line.ratio() / beside.ratio() * width(beside) / width(line);
  }

  String markdown() {
    return "| %s | %s | %s | %s | %s | %s | %.2f | **%.2f** | %s |"
        .formatted(
            line.backend(),
            line.name(),
            line.shape().replace('x', '×'),
            line.type(),
            line.memory().toLowerCase(Locale.ROOT),
            difference(),
            byTime(),
            byShare(),
            verdict());
  }

  private String difference() {
    if (!line.shape().equals(beside.shape())) {
      return beside.shape().replace('x', '×');
    }
    return line.type().equals(beside.type()) ? beside.name() : beside.type();
  }

  private String verdict() {
    double others = Math.max(line.others(), beside.others());
    return Double.isNaN(goal)
        ? ""
        : "%.2f %s".formatted(goal, RatioTable.Row.verdict(byShare(), goal, others));
  }

  private static Optional<RatioTable.Row> find(
      List<RatioTable.Row> rows, RatioTable.Row line, String question, String shape) {
    return rows.stream()
        .filter(
            row ->
                row.backend().equals(line.backend())
                    && row.question().equals(question)
                    && row.shape().equals(shape)
                    && row.memory().equals(line.memory())
                    && row.copies() == line.copies()
                    && row.type().equals("FLOAT32"))
        .findFirst();
  }

  private static boolean isForward(RatioTable.Row row) {
    return row.question().equals(FORWARD);
  }

  private static double width(RatioTable.Row row) {
    return type(row).bytes();
  }

  private static ElementType type(RatioTable.Row row) {
    return ElementType.valueOf(row.type());
  }
}
