package dev.batchloss.scalar;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowLabels;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.plan.ZeroTimesInfinity;
import dev.batchloss.spi.RowRequest;
import org.jspecify.annotations.Nullable;

/** The first pass: loads a row into memory of its own and reduces it to its statistics. */
final class RowReader {
  private final RowPlan plan;
  private final InputTransform transform;
  private final RowObjective objective;
  private final RowNeeds needs;
  private final Matrix input;
  private final @Nullable Targets targets;
  private final RowLabels labels;
  private final int classes;

  /** The row as it was handed over. */
  final double[] x;

  /** z − shift. */
  final double[] shifted;

  /** The row in the order of z; beside a maximum of 1e30, z − shift is the same for most of it. */
  private final double[] ordered;

  /** The target distribution of the row; empty with class targets. */
  final double[] q;

  /** Σ x of a row of probabilities. */
  double inputSum;

  RowReader(RowRequest<Matrix> request) {
    this.plan = request.rowPlan();
    this.transform = plan.input();
    this.objective = plan.objective();
    this.needs = request.needs();
    this.input = request.input();
    this.targets = request.targets();
    this.labels = new RowLabels(plan, targets);
    this.classes = input.classes();
    this.x = new double[classes];
    this.shifted = new double[classes];
    this.ordered = new double[classes];
    this.q = new double[targets instanceof ProbabilityTargets ? classes : 0];
  }

  /** Reads the row and fills the first place of every column that is needed. */
  void read(long row, RowStatistics rows) {
    rows.firstRow = row;
    rows.size = 1;
    labels.label(rows);
    if (targets instanceof ProbabilityTargets distributions) {
      loadTarget(row, distributions.probabilities());
      rows.target[0] = firstGreatest(q);
    }
    loadInput(row, rows.ignored[0]);
    shift(rows);
    sumExponentials(rows);
    if (rows.ignored[0]) {
      return;
    }
    if (needs.target()) {
      rows.targetShifted[0] = shifted[rows.target[0]];
    }
    if (needs.classMoment()) {
      addClassMoment(rows);
    }
    if (targets instanceof ProbabilityTargets) {
      addTargetMoments(rows);
    }
    if (needs.entropyMoment()) {
      addEntropyMoment(rows);
    }
    if (needs.squares()) {
      addSquares(rows);
    }
    if (needs.rank()) {
      rows.rank[0] = rank(rows.target[0]);
    }
  }

  private void loadTarget(long row, Matrix probabilities) {
    for (int c = 0; c < classes; c++) {
      q[c] = probabilities.get(row, c);
      if (plan.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL) {
        TargetScan.requireProbability("target probability", row, c, q[c]);
      }
    }
  }

  private void loadInput(long row, boolean ignored) {
    boolean checks = transform.checksProbabilities() && !ignored;
    inputSum = 0;
    for (int c = 0; c < classes; c++) {
      x[c] = input.get(row, c);
      if (checks) {
        ProbabilityCheck.requireProbability(row, c, x[c]);
      }
      inputSum += x[c];
    }
    if (checks) {
      ProbabilityCheck.requireSum(row, inputSum, transform, input.type());
    }
  }

  /**
   * Subtracts the maximum. Without a softcap that is done before the logits are scaled: of 1e30 and
   * its neighbour only the difference matters, and neither product may overflow.
   */
  private void shift(RowStatistics rows) {
    double factor = transform.hasSoftcap() ? 1 : transform.logitScale();
    double greatest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      ordered[c] = unscaled(c);
      greatest = ordered[c] > greatest ? ordered[c] : greatest;
    }
    boolean shifts = transform.normalizesByLogSumExp() && Double.isFinite(greatest);
    double origin = shifts ? greatest : 0;
    rows.argmax[0] = firstGreatest(ordered);
    rows.maximum[0] = factor * (greatest - origin);
    rows.shift[0] = factor * origin;
    for (int c = 0; c < classes; c++) {
      shifted[c] = factor * (ordered[c] - origin);
    }
  }

  /** z, or what z is before it is multiplied by logitScale where there is no softcap. */
  private double unscaled(int c) {
    return switch (transform.kind()) {
      case LOGITS ->
          transform.hasSoftcap() ? transform.softcap() * StrictMath.tanh(capped(c)) : x[c];
      case LOG_PROBABILITIES -> x[c];
      case PROBABILITIES -> StrictMath.log(probability(c));
    };
  }

  private double capped(int c) {
    return transform.logitScale() * x[c] / transform.softcap();
  }

  /** The probability before clipping: normalised if that comes first. */
  double unclipped(int c) {
    return transform.normalization() == Normalization.BEFORE_CLIP ? x[c] / inputSum : x[c];
  }

  /** The probability after clipping, not yet normalised if that comes last. */
  double probability(int c) {
    return Math.max(transform.clipLow(), Math.min(transform.clipHigh(), unclipped(c)));
  }

  /** The derivative of z with respect to a logit. */
  double logitDerivative(int c) {
    if (!transform.hasSoftcap()) {
      return transform.logitScale();
    }
    double tanh = StrictMath.tanh(capped(c));
    return transform.logitScale() * (1 - tanh * tanh);
  }

  /** A row that holds NaN or +∞, or nothing but −∞, has no softmax: its sum is NaN. */
  private void sumExponentials(RowStatistics rows) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += StrictMath.exp(shifted[c]);
    }
    boolean proper = sum > 0 && sum < Double.POSITIVE_INFINITY;
    boolean normalized = transform.normalizesByLogSumExp();
    rows.sum[0] = normalized && !proper ? Double.NaN : sum;
    rows.logNormalizer[0] = normalized ? StrictMath.log(rows.sum[0]) : 0;
  }

  private void addClassMoment(RowStatistics rows) {
    double moment = 0;
    for (int c = 0; c < classes; c++) {
      moment += product(objective.classWeight(c), shifted[c]);
    }
    rows.classMoment[0] = moment;
  }

  private void addTargetMoments(RowStatistics rows) {
    ZeroTimesInfinity zeroTimesInfinity = plan.zeroTimesInfinityOfTargets();
    double moment = 0;
    double mass = 0;
    double plainMoment = 0;
    double plainMass = 0;
    double negentropy = 0;
    for (int c = 0; c < classes; c++) {
      double weighted = objective.classWeight(c) * q[c];
      moment += zeroTimesInfinity.product(weighted, shifted[c]);
      mass += weighted;
      plainMoment += zeroTimesInfinity.product(q[c], shifted[c]);
      plainMass += q[c];
      if (needs.targetNegentropy()) {
        negentropy += product(weighted, StrictMath.log(q[c]));
      }
    }
    rows.targetMoment[0] = moment;
    rows.targetMass[0] = mass;
    rows.plainTargetMoment[0] = plainMoment;
    rows.plainTargetMass[0] = plainMass;
    rows.targetNegentropy[0] = negentropy;
  }

  private void addEntropyMoment(RowStatistics rows) {
    double moment = 0;
    for (int c = 0; c < classes; c++) {
      moment += product(StrictMath.exp(shifted[c]), shifted[c]);
    }
    rows.entropyMoment[0] = moment;
  }

  private void addSquares(RowStatistics rows) {
    double squares = 0;
    double products = 0;
    double targetSquares = 0;
    for (int c = 0; c < classes; c++) {
      double exponential = StrictMath.exp(shifted[c]);
      squares += exponential * exponential;
      if (q.length > 0) {
        products += q[c] * exponential;
        targetSquares += q[c] * q[c];
      }
    }
    rows.squareSum[0] = squares;
    rows.targetProduct[0] = products;
    rows.targetSquareSum[0] = targetSquares;
  }

  /** 1 + the classes above the target, ties before it counted as above. */
  private int rank(int target) {
    int rank = 1;
    for (int c = 0; c < classes; c++) {
      if (ordered[c] > ordered[target] || (c < target && ordered[c] == ordered[target])) {
        rank++;
      }
    }
    return rank;
  }

  /** A coefficient of 0 makes 0, also of an infinity. */
  private static double product(double coefficient, double value) {
    return coefficient == 0 ? 0 : coefficient * value;
  }

  private static int firstGreatest(double[] values) {
    int greatest = 0;
    for (int c = 1; c < values.length; c++) {
      // NaN compares false both ways: it is never the greatest, and never stays it.
      if (values[c] > values[greatest] || Double.isNaN(values[greatest])) {
        greatest = c;
      }
    }
    return greatest;
  }
}
