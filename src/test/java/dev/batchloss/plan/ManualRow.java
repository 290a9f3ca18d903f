package dev.batchloss.plan;

import java.util.Arrays;

/**
 * A row whose loss is computed from the definition at {@link RowObjective}, and whose statistics
 * are filled as a backend would.
 */
final class ManualRow {
  private final double[] z;
  private final double[] q;
  private final int target;
  private final double shift;
  private final boolean normalized;

  /**
   * Takes a row.
   *
   * @param z the row
   * @param q the target distribution
   * @param target the target class
   * @param shift what the statistics are relative to
   * @param normalized whether p is softmax(z), else e^z
   */
  ManualRow(double[] z, double[] q, int target, double shift, boolean normalized) {
    this.z = z;
    this.q = q;
    this.target = target;
    this.shift = shift;
    this.normalized = normalized;
  }

  double[] z() {
    return z;
  }

  double[] q() {
    return q;
  }

  int target() {
    return target;
  }

  double shift() {
    return shift;
  }

  boolean normalized() {
    return normalized;
  }

  double lse() {
    return normalized ? Math.log(Arrays.stream(z).map(Math::exp).sum()) : 0;
  }

  double[] probabilities() {
    double lse = lse();
    return Arrays.stream(z).map(value -> Math.exp(value - lse)).toArray();
  }

  double entropy() {
    return Arrays.stream(probabilities()).map(p -> -p * Math.log(p)).sum();
  }

  /** The plain negative log-likelihood. */
  double nll(TargetKind targets) {
    double lse = lse();
    if (targets == TargetKind.CLASSES) {
      return lse - z[target];
    }
    double nll = 0;
    for (int c = 0; c < z.length; c++) {
      nll += q[c] * (lse - z[c]);
    }
    return nll;
  }

  /** The loss before its sample weight. */
  double loss(RowObjective objective, TargetKind targets) {
    double lse = lse();
    double[] p = probabilities();
    double smoothing = objective.labelSmoothing();
    double crossEntropy = 0;
    double targetNegentropy = 0;
    for (int c = 0; c < z.length; c++) {
      double weight = objective.classWeight(c);
      double nll = lse - z[c];
      crossEntropy += smoothing / z.length * weight * nll;
      if (targets == TargetKind.PROBABILITIES) {
        crossEntropy += (1 - smoothing) * weight * q[c] * nll;
        targetNegentropy += weight * q[c] * Math.log(q[c]);
      } else if (c == target) {
        double q = objective.generalization();
        double term = q == 0 ? nll : (1 - Math.pow(p[c], q)) / q;
        crossEntropy += (1 - smoothing) * weight * Math.pow(1 - p[c], objective.focusing()) * term;
      }
    }
    return objective.crossEntropy() * crossEntropy
        + objective.zLoss() * lse * lse
        + objective.entropy() * entropy()
        + objective.targetEntropy() * targetNegentropy;
  }

  /** Fills every column but those of class weights. */
  void fill(RowStatistics rows, int i) {
    fill(rows, i, RowObjective.crossEntropy(0, null, 0));
  }

  /** Fills every column that is not derived. */
  void fill(RowStatistics rows, int i, RowObjective objective) {
    rows.ignored[i] = false;
    rows.weight[i] = 1;
    rows.target[i] = target;
    rows.shift[i] = shift;
    rows.sum[i] = 0;
    rows.classMoment[i] = 0;
    rows.targetMoment[i] = 0;
    rows.targetMass[i] = 0;
    rows.plainTargetMoment[i] = 0;
    rows.plainTargetMass[i] = 0;
    rows.targetNegentropy[i] = 0;
    rows.entropyMoment[i] = 0;
    rows.squareSum[i] = 0;
    rows.targetProduct[i] = 0;
    rows.targetSquareSum[i] = 0;
    rows.maximum[i] = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < z.length; c++) {
      double d = z[c] - shift;
      double exponential = Math.exp(d);
      double weight = objective.classWeight(c);
      rows.sum[i] += exponential;
      rows.classMoment[i] += weight * d;
      rows.targetMoment[i] += weight * q[c] * d;
      rows.targetMass[i] += weight * q[c];
      rows.plainTargetMoment[i] += q[c] * d;
      rows.plainTargetMass[i] += q[c];
      rows.targetNegentropy[i] += weight * q[c] * Math.log(q[c]);
      rows.entropyMoment[i] += exponential * d;
      rows.squareSum[i] += exponential * exponential;
      rows.targetProduct[i] += q[c] * exponential;
      rows.targetSquareSum[i] += q[c] * q[c];
      rows.maximum[i] = Math.max(rows.maximum[i], d);
    }
    rows.logNormalizer[i] = normalized ? Math.log(rows.sum[i]) : 0;
    rows.targetShifted[i] = z[target] - shift;
  }
}
