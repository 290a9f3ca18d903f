package dev.batchloss.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a pass costs as one thing grows and everything else stays.
 *
 * @param axis what grows: classes, rows, threads
 * @param fixed what stays, in words
 * @param unit in which it is told
 * @param points one for each that was measured
 */
record Growth(String axis, String fixed, Unit unit, List<Point> points) {

  /** How a cost is told. */
  enum Unit {
    /** Bytes of the logits over the time: what stays the same where a cost grows with them. */
    GIGABYTES_PER_SECOND("GB/s"),
    /** The time of a call. */
    MICROSECONDS("µs");

    private final String symbol;

    Unit(String symbol) {
      this.symbol = symbol;
    }

    String symbol() {
      return symbol;
    }
  }

  /**
   * One measurement.
   *
   * @param by a backend, a library, or the ceiling
   * @param computed what was computed
   * @param at the place on the axis
   * @param shape rows × classes
   * @param bytes the size of the logits
   * @param nanos the median time
   */
  record Point(String by, String computed, long at, String shape, long bytes, double nanos) {
    double in(Unit unit) {
      return switch (unit) {
        case GIGABYTES_PER_SECOND -> bytes / nanos;
        case MICROSECONDS -> nanos / 1e3;
      };
    }
  }

  /** Returns what was computed in any of the points. */
  List<String> computed() {
    return points.stream().map(Point::computed).distinct().toList();
  }

  /** Returns by whom that was computed. */
  List<String> by(String computed) {
    return points.stream()
        .filter(point -> point.computed.equals(computed))
        .map(Point::by)
        .distinct()
        .toList();
  }

  /** Returns the points of one line of a chart, along the axis. */
  List<Point> series(String computed, String by) {
    return points.stream()
        .filter(point -> point.computed.equals(computed) && point.by.equals(by))
        .sorted((a, b) -> Long.compare(a.at, b.at))
        .toList();
  }

  /** Returns the name of the chart of what was computed, without a folder. */
  String chart(String computed) {
    return "%s-%s.svg".formatted(axis, computed.replaceAll("[^a-z0-9]+", "-"));
  }

  /** Returns the charts and a table as Markdown. */
  String markdown() {
    StringBuilder text = new StringBuilder("### With ").append(axis).append("\n\n");
    text.append(fixed).append(", in ").append(unit.symbol).append(".\n\n");
    for (String computed : computed()) {
      text.append("![%s by %s](%s)\n".formatted(computed, axis, chart(computed)));
    }
    List<Long> places = points.stream().map(Point::at).distinct().sorted().toList();
    text.append("\n| computed | by |");
    places.forEach(place -> text.append(" %d |".formatted(place)));
    text.append("\n| --- | --- |").append(" ---: |".repeat(places.size())).append('\n');
    for (String computed : computed()) {
      for (String by : by(computed)) {
        text.append("| %s | %s |".formatted(computed, by));
        List<Point> series = series(computed, by);
        places.forEach(place -> text.append(" %s |".formatted(cell(series, place))));
        text.append('\n');
      }
    }
    return text.toString();
  }

  private String cell(List<Point> series, long place) {
    return series.stream()
        .filter(point -> point.at == place)
        .findFirst()
        .map(point -> String.format(Locale.ROOT, "%.3g", point.in(unit)))
        .orElse("–");
  }

  /**
   * Returns the points of a backend's line and, if asked for by name, those of its ceiling.
   *
   * @param at the place on the axis
   * @param ceiling what the ceiling is called, or empty
   */
  static List<Point> points(RatioTable.Row row, long at, String ceiling) {
    String computed = row.ceiling().equals("sum") ? "loss" : "loss and gradient";
    List<Point> points = new ArrayList<>();
    if (!ceiling.isEmpty()) {
      points.add(new Point(ceiling, computed, at, row.shape(), row.bytes(), row.ceilingNanos()));
    }
    points.add(new Point(row.backend(), computed, at, row.shape(), row.bytes(), row.lossNanos()));
    return points;
  }

  /** Returns the point of another library, which must have been measured. */
  static Point point(PeerTable.Row row, long at) {
    String computed = row.pass() == PeerPass.FORWARD ? "loss" : "loss and gradient";
    long bytes = Shape.parse(row.shape()).elements() * Float.BYTES;
    return new Point(row.peer(), computed, at, row.shape(), bytes, row.nanos());
  }
}
