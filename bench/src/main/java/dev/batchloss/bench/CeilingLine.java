package dev.batchloss.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the memory allowed in all lines of a report that met the same ceiling.
 *
 * @param ceiling what was done with the memory
 * @param data over what
 * @param lines in how many lines of the report
 * @param median GB/s, as the loss beside it is told, so that a copy reads as much and writes as
 *     much
 * @param least in the slowest of the lines
 * @param most in the fastest
 */
record CeilingLine(
    String ceiling, String data, int lines, double median, double least, double most) {

  /** Returns the ceilings of a table's lines, each once. */
  static List<CeilingLine> of(List<RatioTable.Row> rows) {
    Map<List<String>, List<Double>> speeds = new LinkedHashMap<>();
    for (RatioTable.Row row : rows) {
      String data =
          "%s%s %s %s"
              .formatted(
                  row.shape().replace('x', '×'),
                  row.copies() == 1 ? "" : ", %d in turn,".formatted(row.copies()),
                  row.type(),
                  row.memory().toLowerCase(Locale.ROOT));
      speeds
          .computeIfAbsent(List.of(row.ceiling(), data), key -> new ArrayList<>())
          .add(row.bytes() / row.ceilingNanos());
    }
    return speeds.entrySet().stream()
        .map(entry -> of(entry.getKey().getFirst(), entry.getKey().getLast(), entry.getValue()))
        .toList();
  }

  private static CeilingLine of(String ceiling, String data, List<Double> speeds) {
    double[] all = speeds.stream().mapToDouble(Double::doubleValue).toArray();
    return new CeilingLine(
        ceiling,
        data,
        all.length,
        Samples.median(all),
        Samples.quantile(all, 0),
        Samples.quantile(all, 1));
  }

  String markdown() {
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f–%.1f | %d |",
        ceiling,
        data,
        median,
        least,
        most,
        lines);
  }
}
