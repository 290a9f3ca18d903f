package dev.batchloss.conformance;

import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;

/** The metrics of a trial, from their definitions: weighted means over the counted rows. */
final class OracleMetrics {
  static final int BINS = 15;

  private final Oracle oracle;

  OracleMetrics(Oracle oracle) {
    this.oracle = oracle;
  }

  double accuracy() {
    return mean(r -> isCorrect(r) ? 1 : 0);
  }

  double topK(int k) {
    int bound = Math.min(k, oracle.classes());
    return mean(r -> oracle.row(r).isValid() && oracle.row(r).rank() <= bound ? 1 : 0);
  }

  double meanReciprocalRank() {
    return mean(r -> oracle.row(r).isValid() ? 1.0 / oracle.row(r).rank() : 0);
  }

  double meanNll() {
    return mean(r -> oracle.row(r).nll());
  }

  double entropy() {
    return mean(r -> oracle.row(r).entropy());
  }

  double brier() {
    return mean(r -> oracle.row(r).brier());
  }

  /** Σ over the bins of (their share of the weight)·|accuracy − confidence|. */
  double expectedCalibrationError() {
    for (int r = 0; r < oracle.rows(); r++) {
      if (oracle.isCounted(r) && !oracle.row(r).isValid()) {
        return Double.NaN;
      }
    }
    CompensatedSum error = new CompensatedSum();
    for (int b = 0; b < BINS; b++) {
      int bin = b;
      double weight = sum(r -> isInBin(r, bin), _ -> 1);
      if (weight != 0) {
        error.add(weight * Math.abs(binAccuracy(bin) - binConfidence(bin)));
      }
    }
    return error.value() / sum(_ -> true, _ -> 1);
  }

  long binCount(int bin) {
    return count(r -> isInBin(r, bin));
  }

  double binConfidence(int bin) {
    return mean(r -> isInBin(r, bin), r -> oracle.row(r).topProbability());
  }

  double binAccuracy(int bin) {
    return mean(r -> isInBin(r, bin), r -> isCorrect(r) ? 1 : 0);
  }

  long classCount(int target) {
    return count(r -> isOfClass(r, target));
  }

  double classLoss(int target) {
    return mean(r -> isOfClass(r, target), r -> oracle.row(r).nll());
  }

  double classRecall(int target) {
    return mean(r -> isOfClass(r, target), r -> isCorrect(r) ? 1 : 0);
  }

  /**
   * How much larger than one row's error the error of a mean can be: 1 unless weights differ in
   * sign.
   */
  double errorGrowth(IntPredicate rows) {
    double absolute = 0;
    for (int r = 0; r < oracle.rows(); r++) {
      absolute += counts(rows, r) ? Math.abs(oracle.sampleWeight(r)) : 0;
    }
    double total = Math.abs(sum(rows, _ -> 1));
    return total == 0 ? 1 : absolute / total;
  }

  boolean isInBin(int r, int bin) {
    double confidence = oracle.row(r).topProbability();
    return confidence > (double) bin / BINS && confidence <= (double) (bin + 1) / BINS;
  }

  boolean isOfClass(int r, int target) {
    return oracle.row(r).target() == target;
  }

  private boolean isCorrect(int r) {
    OracleRow row = oracle.row(r);
    return row.isValid() && row.argmax() == row.target();
  }

  private double mean(IntToDoubleFunction value) {
    return mean(_ -> true, value);
  }

  private double mean(IntPredicate rows, IntToDoubleFunction value) {
    return sum(rows, value) / sum(rows, _ -> 1);
  }

  private double sum(IntPredicate rows, IntToDoubleFunction value) {
    CompensatedSum sum = new CompensatedSum();
    for (int r = 0; r < oracle.rows(); r++) {
      if (counts(rows, r)) {
        sum.add(oracle.sampleWeight(r) * value.applyAsDouble(r));
      }
    }
    return sum.value();
  }

  private long count(IntPredicate rows) {
    long count = 0;
    for (int r = 0; r < oracle.rows(); r++) {
      count += counts(rows, r) ? 1 : 0;
    }
    return count;
  }

  private boolean counts(IntPredicate rows, int r) {
    return oracle.isCounted(r) && rows.test(r);
  }
}
