package dev.batchloss;

import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;

/**
 * The metrics of one evaluation, or of several merged. Reading one that was not asked for throws
 * {@link NoSuchElementException}; over no counted row each is NaN. What each means stands at {@link
 * Metric.Kind}.
 */
public final class Metrics {
  private final Set<Metric> asked;
  private final double accuracy;
  private final Map<Integer, Double> topK;
  private final double perplexity;
  private final double entropy;
  private final double meanReciprocalRank;
  private final double brier;
  private final double expectedCalibrationError;
  private final List<ReliabilityBin> reliability;
  private final List<ClassMetrics> perClass;

  /**
   * One bin of the calibration error: rows whose top probability lies in (low, high].
   *
   * @param low the bin's lower bound, not in it (0 is in the first)
   * @param high the bin's upper bound
   * @param count the number of rows
   * @param confidence the weighted mean top probability, NaN in an empty bin
   * @param accuracy the weighted share of rows that were right, NaN in an empty bin
   */
  public record ReliabilityBin(
      double low, double high, long count, double confidence, double accuracy) {}

  /**
   * The rows of one target class.
   *
   * @param classIndex the class
   * @param count the number of rows
   * @param loss the weighted mean plain negative log-likelihood, NaN without rows
   * @param recall the weighted share of rows that were right, NaN without rows
   */
  public record ClassMetrics(int classIndex, long count, double loss, double recall) {}

  Metrics(
      Set<Metric> asked,
      double accuracy,
      Map<Integer, Double> topK,
      double perplexity,
      double entropy,
      double meanReciprocalRank,
      double brier,
      double expectedCalibrationError,
      List<ReliabilityBin> reliability,
      List<ClassMetrics> perClass) {
    this.asked = asked;
    this.accuracy = accuracy;
    this.topK = topK;
    this.perplexity = perplexity;
    this.entropy = entropy;
    this.meanReciprocalRank = meanReciprocalRank;
    this.brier = brier;
    this.expectedCalibrationError = expectedCalibrationError;
    this.reliability = reliability;
    this.perClass = perClass;
  }

  /** Returns which metrics were asked for. */
  public Set<Metric> asked() {
    return asked;
  }

  /** Returns the share of rows whose first greatest logit is at the target, 0..1. */
  public double accuracy() {
    return require(Metric.ACCURACY, accuracy);
  }

  /** Returns the share of rows whose target has a rank of at most k, 0..1. */
  public double topK(int k) {
    return require(Metric.topK(k), topK.getOrDefault(k, Double.NaN));
  }

  /** Returns e to the mean plain negative log-likelihood. */
  public double perplexity() {
    return require(Metric.PERPLEXITY, perplexity);
  }

  /** Returns the mean entropy of the predicted distributions, in nats. */
  public double entropy() {
    return require(Metric.ENTROPY, entropy);
  }

  /** Returns the mean reciprocal rank of the target, 0..1. */
  public double meanReciprocalRank() {
    return require(Metric.MRR, meanReciprocalRank);
  }

  /** Returns the mean Brier score over all classes, 0..2. */
  public double brier() {
    return require(Metric.BRIER, brier);
  }

  /** Returns the expected calibration error of the top probability, 0..1. */
  public double expectedCalibrationError() {
    return require(Metric.ECE, expectedCalibrationError);
  }

  /** Returns the fifteen bins behind the expected calibration error. */
  public List<ReliabilityBin> reliability() {
    require(Metric.ECE, 0);
    return reliability;
  }

  /** Returns one entry a class. */
  public List<ClassMetrics> perClass() {
    require(Metric.PER_CLASS, 0);
    return perClass;
  }

  private double require(Metric metric, double value) {
    if (!asked.contains(metric)) {
      throw new NoSuchElementException(
          metric.name() + " was not asked for; see Outputs.withMetrics");
    }
    return value;
  }
}
