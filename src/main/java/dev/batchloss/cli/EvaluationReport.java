package dev.batchloss.cli;

import dev.batchloss.BackendStatus;
import dev.batchloss.LossSummary;
import dev.batchloss.Metric;
import dev.batchloss.Metrics;
import dev.batchloss.evaluate.FileEvaluationResult;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The result of an evaluation as JSON, whose keys and their order are a contract, and as text. */
final class EvaluationReport {
  private final FileEvaluationResult result;
  private final LossSummary summary;
  private final Set<Metric> asked;

  EvaluationReport(FileEvaluationResult result) {
    this.result = result;
    this.summary = result.summary();
    this.asked = result.metrics();
  }

  ObjectNode json() {
    BackendStatus backend = result.backend();
    ObjectNode object =
        Json.object()
            .put("loss", result.loss())
            .put("reduction", reduction())
            .put("backend", backend.name())
            .put("backendDetail", backend.detail());
    ArrayNode backends = object.putArray("backends");
    result.backends().forEach(status -> backends.add(status.name()));
    ArrayNode passedOver = object.putArray("passedOver");
    for (BackendStatus status : result.passedOver()) {
      passedOver.addObject().put("backend", status.name()).put("reason", status.reason());
    }
    ArrayNode warnings = object.putArray("warnings");
    result.warnings().forEach(warnings::add);
    object
        .put("rows", summary.rows())
        .put("classes", summary.classes())
        .put("counted", summary.counted())
        .put("ignored", summary.ignored())
        .put("weightSum", summary.weightSum());
    object.set("metrics", metricsJson());
    return object
        .put("seconds", result.seconds())
        .put("bytesPerSecond", result.bytes() / result.seconds());
  }

  private ObjectNode metricsJson() {
    ObjectNode object = Json.object();
    numbers().forEach(object::put);
    if (asked.contains(Metric.PER_CLASS)) {
      ArrayNode perClass = object.putArray("perClass");
      for (Metrics.ClassMetrics row : summary.metrics().perClass()) {
        perClass
            .addObject()
            .put("class", row.classIndex())
            .put("count", row.count())
            .put("loss", row.loss())
            .put("recall", row.recall());
      }
    }
    if (asked.contains(Metric.ECE)) {
      ArrayNode reliability = object.putArray("reliability");
      for (Metrics.ReliabilityBin bin : summary.metrics().reliability()) {
        reliability
            .addObject()
            .put("low", bin.low())
            .put("high", bin.high())
            .put("count", bin.count())
            .put("confidence", bin.confidence())
            .put("accuracy", bin.accuracy());
      }
    }
    return object;
  }

  /** The metrics that are one number, in the order of the contract. */
  private Map<String, Double> numbers() {
    Map<String, Double> numbers = new LinkedHashMap<>();
    if (asked.isEmpty()) {
      return numbers;
    }
    Metrics metrics = summary.metrics();
    if (asked.contains(Metric.ACCURACY)) {
      numbers.put("accuracy", metrics.accuracy());
    }
    Set<Integer> ks = new TreeSet<>();
    asked.stream().filter(m -> m.kind() == Metric.Kind.TOP_K).forEach(m -> ks.add(m.k()));
    ks.forEach(k -> numbers.put("top" + k, metrics.topK(k)));
    if (asked.contains(Metric.PERPLEXITY)) {
      numbers.put("perplexity", metrics.perplexity());
    }
    if (asked.contains(Metric.ENTROPY)) {
      numbers.put("entropy", metrics.entropy());
    }
    if (asked.contains(Metric.MRR)) {
      numbers.put("mrr", metrics.meanReciprocalRank());
    }
    if (asked.contains(Metric.BRIER)) {
      numbers.put("brier", metrics.brier());
    }
    if (asked.contains(Metric.ECE)) {
      numbers.put("ece", metrics.expectedCalibrationError());
    }
    return numbers;
  }

  String table() {
    TextTable table = new TextTable();
    table.row("loss", text(result.loss()));
    table.row("reduction", reduction());
    table.row("rows", Long.toString(summary.rows()));
    table.row("classes", Integer.toString(summary.classes()));
    table.row("counted", Long.toString(summary.counted()));
    table.row("ignored", Long.toString(summary.ignored()));
    table.row("weight sum", text(summary.weightSum()));
    numbers().forEach((name, value) -> table.row(name, text(value)));
    table.row("speed", speed());
    BackendStatus backend = result.backend();
    table.row("backend", backend.name() + " (" + backend.detail() + ")");
    for (BackendStatus status : result.passedOver()) {
      table.row("passed over", status.name() + ": " + status.reason());
    }
    return table + perClassTable() + reliabilityTable();
  }

  private String perClassTable() {
    if (!asked.contains(Metric.PER_CLASS)) {
      return "";
    }
    TextTable table = new TextTable().row("class", "count", "loss", "recall");
    for (Metrics.ClassMetrics row : summary.metrics().perClass()) {
      table.row(
          Integer.toString(row.classIndex()),
          Long.toString(row.count()),
          text(row.loss()),
          text(row.recall()));
    }
    return "\n\n" + table;
  }

  private String reliabilityTable() {
    if (!asked.contains(Metric.ECE)) {
      return "";
    }
    TextTable table = new TextTable().row("top probability", "count", "confidence", "accuracy");
    for (Metrics.ReliabilityBin bin : summary.metrics().reliability()) {
      table.row(
          String.format(Locale.ROOT, "%.4f..%.4f", bin.low(), bin.high()),
          Long.toString(bin.count()),
          text(bin.confidence()),
          text(bin.accuracy()));
    }
    return "\n\n" + table;
  }

  private String speed() {
    double bytesPerSecond = result.bytes() / result.seconds();
    boolean fast = bytesPerSecond >= 1e9;
    return String.format(
        Locale.ROOT,
        "%,.0f rows/s, %.4g %s (%.3g s)",
        summary.rows() / result.seconds(),
        bytesPerSecond / (fast ? 1e9 : 1e6),
        fast ? "GB/s" : "MB/s",
        result.seconds());
  }

  private String reduction() {
    return summary.evaluated().reduction().toString().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Ten significant digits: more than float32 predictions determine, short enough to read. */
  private static String text(double value) {
    return Double.isFinite(value)
        ? String.format(Locale.ROOT, "%.10g", value)
        : Double.toString(value);
  }
}
