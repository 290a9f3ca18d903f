package dev.batchloss.bench;

import dev.batchloss.bench.Growth.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures how the cost of the loss, and of the loss with its gradient, grows. */
final class GrowthMeasurement {
  private static final int ROW_CLASSES = 1000;
  private static final List<Integer> ROWS = List.of(1, 10, 100, 1_000, 10_000, 100_000);
  private static final List<Class<? extends LossAgainstCeiling>> QUESTIONS =
      List.of(CrossEntropyForward.class, CrossEntropyGradient.class);
  private static final String CPU = "cpu";

  private final Origin origin;
  private final Effort effort;

  GrowthMeasurement(Origin origin, Effort effort) {
    this.origin = origin;
    this.effort = effort;
  }

  /** Returns the shapes of so many elements, or a few less, for each class count. */
  static Map<Integer, String> shapes(long elements, List<Integer> classCounts) {
    Map<Integer, String> shapes = new LinkedHashMap<>();
    for (int classes : classCounts) {
      shapes.put(classes, Math.max(1, elements / classes) + "x" + classes);
    }
    return shapes;
  }

  /** Measures backends over class counts, all matrices being of the same size. */
  Growth withClasses(List<String> backends, long elements, List<Integer> classCounts) {
    Map<Integer, String> shapes = shapes(elements, classCounts);
    List<RatioCase> cases = new ArrayList<>();
    for (var question : QUESTIONS) {
      for (String backend : backends) {
        shapes.values().forEach(shape -> cases.add(RatioCase.of(backend, question, shape)));
      }
    }
    List<Growth.Point> points = new ArrayList<>();
    for (RatioTable.Row row : measure(cases, 0)) {
      // Every backend is held against the same ceiling of the host's memory: one line is enough.
      String ceiling = row.backend().equals(backends.getFirst()) ? row.ceiling() : "";
      points.addAll(Growth.points(row, Shape.parse(row.shape()).classes(), ceiling));
    }
    return new Growth(
        "classes",
        "%,d elements of FLOAT32 in an array, or a few less".formatted(elements),
        Unit.GIGABYTES_PER_SECOND,
        points);
  }

  /** Returns the same with the lines of other libraries at these shapes. */
  static Growth withPeers(Growth growth, PeerTable peers) {
    List<Growth.Point> points = new ArrayList<>(growth.points());
    List<String> shapes = points.stream().map(Growth.Point::shape).distinct().toList();
    for (PeerTable.Row row : peers.rows()) {
      boolean isOther = !row.batchLoss() && row.isMeasured();
      if (isOther && shapes.contains(row.shape()) && row.pass() != PeerPass.GRADIENT_IN_PLACE) {
        points.add(Growth.point(row, Shape.parse(row.shape()).classes()));
      }
    }
    return new Growth(growth.axis(), growth.fixed(), growth.unit(), points);
  }

  /** Measures the processors over numbers of rows: what a call costs besides its data. */
  Growth withRows() {
    List<RatioCase> cases = new ArrayList<>();
    for (var question : QUESTIONS) {
      ROWS.forEach(rows -> cases.add(RatioCase.of(CPU, question, rows + "x" + ROW_CLASSES)));
    }
    List<Growth.Point> points = new ArrayList<>();
    for (RatioTable.Row row : measure(cases, 0)) {
      points.addAll(Growth.points(row, Shape.parse(row.shape()).rows(), row.ceiling()));
    }
    return new Growth(
        "rows",
        "%d classes of FLOAT32 in an array".formatted(ROW_CLASSES),
        Unit.MICROSECONDS,
        points);
  }

  /** Measures the processors with one thread, two, four and so on to one a processor. */
  Growth withThreads(String shape) {
    int processors = Runtime.getRuntime().availableProcessors();
    List<RatioCase> cases =
        QUESTIONS.stream().map(question -> RatioCase.of(CPU, question, shape)).toList();
    List<Growth.Point> points = new ArrayList<>();
    for (int threads = 1; threads < 2 * processors; threads *= 2) {
      int count = Math.min(threads, processors);
      for (RatioTable.Row row : measure(cases, count)) {
        points.addAll(Growth.points(row, count, row.ceiling()));
      }
    }
    return new Growth(
        "threads",
        "%s of FLOAT32 in an array".formatted(shape.replace('x', '×')),
        Unit.GIGABYTES_PER_SECOND,
        points);
  }

  private List<RatioTable.Row> measure(List<RatioCase> cases, int threads) {
    return new RatioMeasurement(effort, threads).measure(origin, cases).rows();
  }
}
