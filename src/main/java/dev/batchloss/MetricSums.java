package dev.batchloss;

import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The sums that metrics are made of; exact, so they merge in any order to the same bits. */
final class MetricSums implements Serializable {
  private static final long serialVersionUID = 1;

  static final int CALIBRATION_BINS = 15;

  private final HashSet<Metric> metrics;
  private final int classes;
  private final @Nullable WeightedMean accuracy;
  private final TreeMap<Integer, WeightedMean> topK = new TreeMap<>();
  private final @Nullable WeightedMean nll;
  private final @Nullable WeightedMean entropy;
  private final @Nullable WeightedMean reciprocalRank;
  private final @Nullable WeightedMean brier;
  private final CalibrationBin @Nullable [] bins;
  private @Nullable WeightedMean unbinned;
  private final @Nullable ClassSums @Nullable [] perClass;

  private static final class CalibrationBin implements Serializable {
    private static final long serialVersionUID = 1;

    private long count;
    private final WeightedMean confidence = new WeightedMean();
    private final WeightedMean accuracy = new WeightedMean();
  }

  private static final class ClassSums implements Serializable {
    private static final long serialVersionUID = 1;

    private long count;
    private final WeightedMean nll = new WeightedMean();
    private final WeightedMean recall = new WeightedMean();
  }

  MetricSums(Set<Metric> metrics, int classes) {
    this.metrics = new HashSet<>(metrics);
    this.classes = classes;
    this.accuracy = meanIf(Metric.Kind.ACCURACY);
    for (Metric metric : metrics) {
      if (metric.kind() == Metric.Kind.TOP_K) {
        topK.put(metric.k(), new WeightedMean());
      }
    }
    this.nll = meanIf(Metric.Kind.PERPLEXITY);
    this.entropy = meanIf(Metric.Kind.ENTROPY);
    this.reciprocalRank = meanIf(Metric.Kind.MRR);
    this.brier = meanIf(Metric.Kind.BRIER);
    if (has(Metric.Kind.ECE)) {
      bins = new CalibrationBin[CALIBRATION_BINS];
      for (int b = 0; b < bins.length; b++) {
        bins[b] = new CalibrationBin();
      }
    } else {
      bins = null;
    }
    this.perClass = has(Metric.Kind.PER_CLASS) ? new ClassSums[classes] : null;
  }

  Set<Metric> asked() {
    return metrics;
  }

  void add(RowStatistics rows, TargetKind targets) {
    for (int i = 0; i < rows.size; i++) {
      if (!rows.ignored[i]) {
        add(rows, i, targets);
      }
    }
  }

  private void add(RowStatistics rows, int i, TargetKind targets) {
    double weight = rows.weight[i];
    // A row with a NaN has a NaN sum of exponentials, and so has no right answer.
    boolean valid = !Double.isNaN(rows.sum[i]);
    double correct =
        targets == TargetKind.VALUES
            ? (double) rows.matches[i] / classes
            : valid && rows.argmax[i] == rows.target[i] ? 1 : 0;
    if (accuracy != null) {
      accuracy.add(correct, weight);
    }
    for (Map.Entry<Integer, WeightedMean> top : topK.entrySet()) {
      boolean within = valid && rows.rank[i] <= Math.min(top.getKey(), classes);
      top.getValue().add(within ? 1 : 0, weight);
    }
    if (nll != null) {
      nll.add(rows.nll[i], weight);
    }
    if (entropy != null) {
      entropy.add(rows.entropy(i), weight);
    }
    if (reciprocalRank != null) {
      reciprocalRank.add(valid ? 1.0 / rows.rank[i] : 0, weight);
    }
    if (brier != null) {
      brier.add(rows.brier(i, targets), weight);
    }
    if (bins != null) {
      addToBin(valid ? rows.topProbability(i) : Double.NaN, correct, weight);
    }
    if (perClass != null) {
      ClassSums sums = perClass[rows.target[i]];
      if (sums == null) {
        sums = new ClassSums();
        perClass[rows.target[i]] = sums;
      }
      sums.count++;
      sums.nll.add(rows.nll[i], weight);
      sums.recall.add(correct, weight);
    }
  }

  private void addToBin(double confidence, double correct, double weight) {
    if (Double.isNaN(confidence)) {
      if (unbinned == null) {
        unbinned = new WeightedMean();
      }
      unbinned.add(Double.NaN, weight);
      return;
    }
    int index = (int) Math.ceil(confidence * CALIBRATION_BINS) - 1;
    CalibrationBin bin = bins[Math.clamp(index, 0, CALIBRATION_BINS - 1)];
    bin.count++;
    bin.confidence.add(confidence, weight);
    bin.accuracy.add(correct, weight);
  }

  void add(MetricSums other) {
    if (!metrics.equals(other.metrics)) {
      throw new IllegalArgumentException(
          "summaries with different metrics do not merge: " + metrics + ", " + other.metrics);
    }
    merge(accuracy, other.accuracy);
    topK.forEach((k, mean) -> mean.add(other.topK.get(k)));
    merge(nll, other.nll);
    merge(entropy, other.entropy);
    merge(reciprocalRank, other.reciprocalRank);
    merge(brier, other.brier);
    if (bins != null) {
      for (int b = 0; b < bins.length; b++) {
        bins[b].count += other.bins[b].count;
        bins[b].confidence.add(other.bins[b].confidence);
        bins[b].accuracy.add(other.bins[b].accuracy);
      }
      if (other.unbinned != null) {
        unbinned = unbinned == null ? new WeightedMean() : unbinned;
        unbinned.add(other.unbinned);
      }
    }
    if (perClass != null) {
      for (int c = 0; c < perClass.length; c++) {
        ClassSums theirs = other.perClass[c];
        if (theirs != null) {
          ClassSums ours = perClass[c] == null ? new ClassSums() : perClass[c];
          ours.count += theirs.count;
          ours.nll.add(theirs.nll);
          ours.recall.add(theirs.recall);
          perClass[c] = ours;
        }
      }
    }
  }

  Metrics metrics() {
    Map<Integer, Double> top = new TreeMap<>();
    topK.forEach((k, mean) -> top.put(k, mean.value()));
    return new Metrics(
        Set.copyOf(metrics),
        valueOf(accuracy),
        top,
        nll == null ? Double.NaN : Math.exp(nll.value()),
        valueOf(entropy),
        valueOf(reciprocalRank),
        valueOf(brier),
        bins == null ? Double.NaN : expectedCalibrationError(),
        bins == null ? List.of() : reliability(),
        perClass == null ? List.of() : perClass());
  }

  private double expectedCalibrationError() {
    if (unbinned != null) {
      return Double.NaN;
    }
    double total = 0;
    double error = 0;
    for (CalibrationBin bin : bins) {
      double weight = bin.confidence.weight();
      if (weight != 0) {
        total += weight;
        error += weight * Math.abs(bin.accuracy.value() - bin.confidence.value());
      }
    }
    return error / total;
  }

  private List<Metrics.ReliabilityBin> reliability() {
    List<Metrics.ReliabilityBin> list = new ArrayList<>();
    for (int b = 0; b < bins.length; b++) {
      list.add(
          new Metrics.ReliabilityBin(
              (double) b / CALIBRATION_BINS,
              (double) (b + 1) / CALIBRATION_BINS,
              bins[b].count,
              bins[b].confidence.value(),
              bins[b].accuracy.value()));
    }
    return List.copyOf(list);
  }

  private List<Metrics.ClassMetrics> perClass() {
    List<Metrics.ClassMetrics> list = new ArrayList<>();
    for (int c = 0; c < perClass.length; c++) {
      ClassSums sums = perClass[c];
      list.add(
          sums == null
              ? new Metrics.ClassMetrics(c, 0, Double.NaN, Double.NaN)
              : new Metrics.ClassMetrics(c, sums.count, sums.nll.value(), sums.recall.value()));
    }
    return List.copyOf(list);
  }

  private boolean has(Metric.Kind kind) {
    return metrics.stream().anyMatch(metric -> metric.kind() == kind);
  }

  private @Nullable WeightedMean meanIf(Metric.Kind kind) {
    return has(kind) ? new WeightedMean() : null;
  }

  private static void merge(@Nullable WeightedMean ours, @Nullable WeightedMean theirs) {
    if (ours != null && theirs != null) {
      ours.add(theirs);
    }
  }

  private static double valueOf(@Nullable WeightedMean mean) {
    return mean == null ? Double.NaN : mean.value();
  }
}
