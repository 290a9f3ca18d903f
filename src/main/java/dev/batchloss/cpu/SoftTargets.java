package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Arrays;

/**
 * The target distributions of a call: checked, and folded into a row's statistics in double, since
 * the moments of a confident and right prediction nearly cancel. One a worker.
 */
final class SoftTargets {
  /** Independent sums, so that an addition need not wait for the one before it. */
  private static final int SUMS = 4;

  private final Call call;
  private final RowNeeds needs;
  private final ZeroTimesInfinity zeroTimesInfinity;
  private final Matrix matrix;
  private final Elements elements;
  private final double[] block;
  private final double[] moments = new double[SUMS];
  private final double[] masses = new double[SUMS];
  private final double[] plainMoments = new double[SUMS];
  private final double[] plainMasses = new double[SUMS];

  SoftTargets(Call call, Matrix matrix, int longest) {
    this.call = call;
    this.needs = call.needs;
    this.zeroTimesInfinity = call.plan.zeroTimesInfinityOfTargets();
    this.matrix = matrix;
    this.elements = new Elements(matrix, longest);
    this.block = new double[longest];
  }

  /** Sets the row's target to the first greatest class, if a metric asks for it. */
  void findTarget(RowStatistics rows, int i) {
    if (!needs.argmax() && !needs.rank()) {
      return;
    }
    double greatest = Double.NEGATIVE_INFINITY;
    int classes = matrix.classes();
    for (int from = 0; from < classes; from += block.length) {
      int n = Math.min(block.length, classes - from);
      read(rows.firstRow + i, from, n);
      for (int j = 0; j < n; j++) {
        if (block[j] > greatest) {
          greatest = block[j];
          rows.target[i] = from + j;
        }
      }
    }
  }

  /** Reads q of the classes from {@code from} on. */
  double[] read(long row, int from, int n) {
    elements.readRow(row, from, n, block);
    if (call.checksTargets()) {
      for (int i = 0; i < n; i++) {
        TargetScan.requireProbability("target probability", row, from + i, block[i]);
      }
    }
    return block;
  }

  /** Adds the classes that were read last, z−shift of class {@code from + i} being d[i]. */
  void add(SegmentStatistics sums, int from, int n, double[] d) {
    Arrays.fill(moments, 0);
    Arrays.fill(masses, 0);
    Arrays.fill(plainMoments, 0);
    Arrays.fill(plainMasses, 0);
    for (int i = 0; i < n; i++) {
      int at = i % SUMS;
      double q = block[i];
      double weighted = call.classWeight(from + i) * q;
      masses[at] += weighted;
      moments[at] += zeroTimesInfinity.product(weighted, d[i]);
      if (needs.plainTargetMoment()) {
        plainMasses[at] += q;
        plainMoments[at] += zeroTimesInfinity.product(q, d[i]);
      }
      if (needs.targetNegentropy() && q != 0) {
        sums.targetNegentropy += weighted * StrictMath.log(q);
      }
      if (needs.squares()) {
        sums.targetSquareSum += q * q;
        sums.targetProduct += q == 0 ? 0 : q * ScalarMath.exp(d[i]);
      }
    }
    sums.targetMass += total(masses);
    sums.targetMoment += total(moments);
    sums.plainTargetMass += total(plainMasses);
    sums.plainTargetMoment += total(plainMoments);
  }

  private static double total(double[] sums) {
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
  }
}
