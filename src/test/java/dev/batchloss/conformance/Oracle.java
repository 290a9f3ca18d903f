package dev.batchloss.conformance;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;

/** What one trial must give. Reads the trial's memory when made, so that it may be overwritten. */
final class Oracle {
  private static final int IGNORED = -1;

  private final Trial trial;
  private final int rows;
  private final int classes;
  private final OracleRow[] oracleRows;
  private final boolean[] counted;
  private final double[] sampleWeights;
  private final double weightSum;

  Oracle(Trial trial) {
    this.trial = trial;
    Matrix input = trial.input();
    this.rows = Math.toIntExact(input.rows());
    this.classes = input.classes();
    this.oracleRows = new OracleRow[rows];
    this.counted = new boolean[rows];
    this.sampleWeights = new double[rows];
    CompensatedSum weights = new CompensatedSum();
    for (int r = 0; r < rows; r++) {
      Matrix given = trial.targets().sampleWeights();
      sampleWeights[r] = given == null ? 1 : given.get(r, 0);
      int target = target(r);
      counted[r] = target != IGNORED;
      double[] q = targetDistribution(r);
      oracleRows[r] = new OracleRow(trial.loss(), row(input, r), Math.max(0, target), q);
      if (counted[r]) {
        double classWeight =
            q.length > 0 || trial.loss().classWeights() == null
                ? 1
                : trial.loss().classWeights().at(target);
        weights.add(sampleWeights[r] * classWeight);
      }
    }
    this.weightSum = weights.value();
  }

  private int target(int r) {
    return switch (trial.targets()) {
      case ClassTargets indices -> {
        Long ignored = trial.loss().ignoredClass();
        long index = indices.at(r);
        yield ignored != null && index == ignored ? IGNORED : Math.toIntExact(index);
      }
      case ProbabilityTargets distributions ->
          OracleRow.firstGreatest(row(distributions.probabilities(), r));
      case ValueTargets _ -> throw new IllegalArgumentException("rows have no target values");
    };
  }

  private double[] targetDistribution(int r) {
    return trial.targets() instanceof ProbabilityTargets distributions
        ? row(distributions.probabilities(), r)
        : new double[0];
  }

  static double[] row(Matrix matrix, int r) {
    double[] values = new double[matrix.classes()];
    for (int c = 0; c < values.length; c++) {
      values[c] = matrix.get(r, c);
    }
    return values;
  }

  int rows() {
    return rows;
  }

  int classes() {
    return classes;
  }

  OracleRow row(int r) {
    return oracleRows[r];
  }

  boolean isCounted(int r) {
    return counted[r];
  }

  int countedRows() {
    int sum = 0;
    for (boolean isCounted : counted) {
      sum += isCounted ? 1 : 0;
    }
    return sum;
  }

  double sampleWeight(int r) {
    return sampleWeights[r];
  }

  double weightSum() {
    return weightSum;
  }

  double rowLoss(int r) {
    return counted[r] ? sampleWeights[r] * oracleRows[r].loss() : 0;
  }

  double lossSum() {
    CompensatedSum sum = new CompensatedSum();
    for (int r = 0; r < rows; r++) {
      sum.add(rowLoss(r));
    }
    return sum.value();
  }

  double denominator() {
    Reduction reduction = trial.loss().reduction();
    return switch (reduction.kind()) {
      case NONE, SUM -> 1;
      case MEAN -> weightSum;
      case BATCH_MEAN -> trial.input().outer();
      case SUM_OVER -> reduction.denominator();
    };
  }

  double reduced() {
    if (trial.loss().reduction().kind() == Reduction.Kind.MEAN && countedRows() == 0) {
      return trial.loss().emptyMean() == EmptyMean.ZERO ? 0 : Double.NaN;
    }
    return lossSum() / denominator();
  }

  /** What the gradient of a row is multiplied by. */
  double gradientFactor(int r) {
    Double upstream = trial.upstream();
    Matrix rowUpstream = trial.rowUpstream();
    return sampleWeights[r]
        * (upstream == null ? 1 : upstream)
        * (rowUpstream == null ? 1 : rowUpstream.get(r, 0))
        / denominator();
  }
}
