package dev.batchloss.conformance;

/** Neumaier's sum (1974): the rounding errors are added up beside it. */
final class CompensatedSum {
  private double sum;
  private double errors;

  void add(double value) {
    double next = sum + value;
    errors += Math.abs(sum) >= Math.abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }

  double value() {
    // Beyond the finite numbers the error terms are NaN and mean nothing.
    return Double.isFinite(sum) ? sum + errors : sum;
  }
}
