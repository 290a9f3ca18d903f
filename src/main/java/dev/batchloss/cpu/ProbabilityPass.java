package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows of probabilities of any layout, in 64-bit arithmetic: z = log p with the shift 0, so that
 * e^z is p itself and only the logarithm costs anything. A row is read once more before, for its
 * sum, if it is checked or normalised.
 */
final class ProbabilityPass implements BatchPass {
  private static final int BLOCK = 512;

  private final Call call;
  private final InputTransform transform;
  private final Elements input;
  private final @Nullable Elements output;
  private final @Nullable SoftTargets soft;
  private final double[] p = new double[BLOCK];
  private final double[] z = new double[BLOCK];
  private final boolean[] clipped = new boolean[BLOCK];
  private final double[] gradient = new double[BLOCK];
  private final double[] divisors;
  private final SegmentStatistics total = new SegmentStatistics();
  private double[] q = new double[0];

  ProbabilityPass(Call call, int batchRows) {
    this.call = call;
    this.transform = call.transform;
    this.input = new Elements(call.input, BLOCK);
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
    Matrix targets = call.targetProbabilities();
    this.soft = targets == null ? null : new SoftTargets(call, targets, BLOCK);
    this.divisors = new double[batchRows];
  }

  @Override
  public void reduce(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      if (call.reads(rows, i)) {
        if (soft != null) {
          soft.findTarget(rows, i);
        }
        reduceRow(rows, i);
      }
    }
  }

  private void reduceRow(RowStatistics rows, int i) {
    long row = rows.firstRow + i;
    divisors[i] = divisor(row, rows.ignored[i]);
    boolean hasTarget = !rows.ignored[i];
    double target = 0;
    if (hasTarget && (call.needs.target() || call.needs.rank())) {
      load(row, rows.target[i], 1, divisors[i]);
      target = z[0];
    }
    total.reset(1);
    total.startAt(0);
    for (int c = 0; c < call.classes; c += BLOCK) {
      int n = Math.min(BLOCK, call.classes - c);
      load(row, c, n, divisors[i]);
      addBlock(c, n, rows.target[i], target);
      if (soft != null) {
        soft.read(row, c, n);
        soft.add(total, c, n, z);
      }
    }
    total.store(rows, i, target);
  }

  private void addBlock(int c, int n, int targetClass, double target) {
    double sum = 0;
    for (int j = 0; j < n; j++) {
      sum += p[j];
      if (z[j] > total.maximum) {
        total.maximum = z[j];
        total.argmax = c + j;
      }
    }
    total.sum += sum;
    if (call.needs.entropyMoment() || call.needs.squares()) {
      double moment = 0;
      double squares = 0;
      for (int j = 0; j < n; j++) {
        moment += p[j] == 0 ? 0 : p[j] * z[j];
        squares += p[j] * p[j];
      }
      total.entropyMoment += moment;
      total.squareSum += squares;
    }
    if (call.needs.classMoment()) {
      double moment = 0;
      for (int j = 0; j < n; j++) {
        double weight = call.classWeight(c + j);
        moment += weight == 0 ? 0 : weight * z[j];
      }
      total.classMoment += moment;
      total.classMass += call.classWeightSum(c, c + n);
    }
    if (call.needs.rank()) {
      for (int j = 0; j < n; j++) {
        boolean above = z[j] > target || (z[j] == target && c + j < targetClass);
        total.above += above ? 1 : 0;
      }
    }
  }

  /** Checks the row, and returns what its elements are divided by before they are clipped. */
  private double divisor(long row, boolean ignored) {
    boolean checks = transform.checksProbabilities() && !ignored;
    boolean normalizes = transform.normalization() == Normalization.BEFORE_CLIP;
    if (!checks && !normalizes) {
      return 1;
    }
    double sum = 0;
    for (int c = 0; c < call.classes; c += BLOCK) {
      int n = Math.min(BLOCK, call.classes - c);
      input.readRow(row, c, n, p);
      double blockSum = 0;
      for (int j = 0; j < n; j++) {
        if (checks) {
          ProbabilityCheck.requireProbability(row, c + j, p[j]);
        }
        blockSum += p[j];
      }
      sum += blockSum;
    }
    if (checks) {
      ProbabilityCheck.requireSum(row, sum, transform, call.input.type());
    }
    return normalizes ? sum : 1;
  }

  private void load(long row, int c, int n, double divisor) {
    input.readRow(row, c, n, p);
    for (int j = 0; j < n; j++) {
      double value = divisor == 1 ? p[j] : p[j] / divisor;
      clipped[j] = value < transform.clipLow() || value > transform.clipHigh();
      p[j] = Math.max(transform.clipLow(), Math.min(transform.clipHigh(), value));
    }
    ArrayMath.log(p, z, n);
  }

  @Override
  public void write(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      boolean zero = call.outputKind == MatrixOutput.GRADIENT && rows.ignored[i];
      // What the normalisation before clipping takes from every element's derivative.
      double common =
          !zero
                  && call.outputKind == MatrixOutput.GRADIENT
                  && transform.normalization() == Normalization.BEFORE_CLIP
              ? weightedGradient(rows, i)
              : 0;
      for (int c = 0; c < call.classes; c += BLOCK) {
        writeBlock(rows, i, c, Math.min(BLOCK, call.classes - c), zero, common);
      }
    }
  }

  private void writeBlock(RowStatistics rows, int i, int c, int n, boolean zero, double common) {
    long row = rows.firstRow + i;
    double normalizer = transform.normalizesByLogSumExp() ? rows.sum[i] : 1;
    if (zero) {
      Arrays.fill(gradient, 0, n, 0);
    } else {
      load(row, c, n, divisors[i]);
      switch (call.outputKind) {
        case SOFTMAX -> {
          for (int j = 0; j < n; j++) {
            gradient[j] = p[j] / normalizer;
          }
        }
        case LOG_SOFTMAX -> {
          for (int j = 0; j < n; j++) {
            gradient[j] = z[j] - rows.logNormalizer[i];
          }
        }
        default -> {
          derivatives(rows, i, c, n);
          for (int j = 0; j < n; j++) {
            gradient[j] = (gradient[j] - common) / divisors[i];
          }
        }
      }
    }
    Objects.requireNonNull(output).writeRow(row, c, n, gradient);
  }

  /** dL/dp of the classes loaded last, p being normalised before clipping, if at all. */
  private void derivatives(RowStatistics rows, int i, int c, int n) {
    double normalizer = transform.normalizesByLogSumExp() ? rows.sum[i] : 1;
    if (soft != null && rows.h[i] != 0) {
      q = soft.read(rows.firstRow + i, c, n);
    }
    for (int j = 0; j < n; j++) {
      double subtracted = rows.k[i] == 0 ? 0 : rows.k[i] * call.classWeight(c + j);
      if (call.needs.target()) {
        subtracted += c + j == rows.target[i] ? rows.r[i] : 0;
      } else if (rows.h[i] != 0) {
        subtracted += rows.h[i] * call.classWeight(c + j) * q[j];
      }
      double inner = rows.u[i] + (rows.e[i] == 0 ? 0 : rows.e[i] * z[j]);
      double share = subtracted == 0 ? 0 : subtracted / p[j];
      gradient[j] = clipped[j] ? 0 : inner / normalizer - share;
    }
  }

  /** Σ p·dL/dp over the row. */
  private double weightedGradient(RowStatistics rows, int i) {
    double sum = 0;
    for (int c = 0; c < call.classes; c += BLOCK) {
      int n = Math.min(BLOCK, call.classes - c);
      load(rows.firstRow + i, c, n, divisors[i]);
      derivatives(rows, i, c, n);
      for (int j = 0; j < n; j++) {
        sum += p[j] == 0 ? 0 : p[j] * gradient[j];
      }
    }
    return sum;
  }
}
