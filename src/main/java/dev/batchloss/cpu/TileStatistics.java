package dev.batchloss.cpu;

import static dev.batchloss.cpu.Tile.ROWS;

import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;

/** The statistics of the sixteen rows of a tile, a column each, in units of x. One a worker. */
final class TileStatistics {
  private final Call call;
  private final RowNeeds needs;
  private final double scale;
  private boolean fixedShift;

  /** What is subtracted; 0 as long as a lane has seen nothing finite. */
  final double[] shift = new double[ROWS];

  /** The target's element, where it is needed. */
  final double[] target = new double[ROWS];

  final int[] targetClass = new int[ROWS];

  private final boolean[] started = new boolean[ROWS];
  private final double[] maximum = new double[ROWS];
  private final double[] greatest = new double[ROWS];
  private final int[] argmax = new int[ROWS];
  private final int[] above = new int[ROWS];
  private final double[] sum = new double[ROWS];
  private final double[] entropyMoment = new double[ROWS];
  private final double[] squareSum = new double[ROWS];
  private final double[] classMoment = new double[ROWS];
  private double classMass;
  private final double[] targetMoment = new double[ROWS];
  private final double[] targetMass = new double[ROWS];
  private final double[] plainTargetMoment = new double[ROWS];
  private final double[] plainTargetMass = new double[ROWS];
  private final double[] targetNegentropy = new double[ROWS];
  private final double[] targetProduct = new double[ROWS];
  private final double[] targetSquareSum = new double[ROWS];

  TileStatistics(Call call, double scale) {
    this.call = call;
    this.needs = call.needs;
    this.scale = scale;
  }

  /** Forgets the rows before; a fixed shift is 0. */
  void reset(boolean withFixedShift) {
    fixedShift = withFixedShift;
    Arrays.fill(started, withFixedShift);
    Arrays.fill(shift, 0);
    Arrays.fill(maximum, Double.NEGATIVE_INFINITY);
    Arrays.fill(argmax, 0);
    Arrays.fill(above, 0);
    Arrays.fill(sum, 0);
    Arrays.fill(entropyMoment, 0);
    Arrays.fill(squareSum, 0);
    Arrays.fill(classMoment, 0);
    classMass = 0;
    if (needs.targetMoment() || needs.squares()) {
      Arrays.fill(targetMoment, 0);
      Arrays.fill(targetMass, 0);
      Arrays.fill(plainTargetMoment, 0);
      Arrays.fill(plainTargetMass, 0);
      Arrays.fill(targetNegentropy, 0);
      Arrays.fill(targetProduct, 0);
      Arrays.fill(targetSquareSum, 0);
    }
  }

  /** Adds {@code k} classes from {@code c} on. */
  void add(double[] z, int c, int k) {
    TileKernel.maximum(z, k, greatest);
    for (int lane = 0; lane < ROWS; lane++) {
      if (greatest[lane] > maximum[lane]) {
        moveMaximum(lane, z, c);
      }
    }
    TileKernel.addExp(z, k, shift, scale, sum);
    if (needs.entropyMoment() || needs.squares()) {
      TileKernel.addMoments(z, k, shift, scale, entropyMoment, squareSum);
    }
    if (needs.classMoment()) {
      for (int j = 0; j < k; j++) {
        double weight = call.classWeight(c + j);
        if (weight != 0) {
          TileKernel.addShifted(z, j, weight, shift, scale, classMoment);
        }
      }
      classMass += call.classWeightSum(c, c + k);
    }
    if (needs.rank()) {
      for (int j = 0; j < k; j++) {
        for (int lane = 0; lane < ROWS; lane++) {
          double value = z[j * ROWS + lane];
          boolean isAbove =
              value > target[lane] || (value == target[lane] && c + j < targetClass[lane]);
          above[lane] += isAbove ? 1 : 0;
        }
      }
    }
  }

  /** Adds {@code k} classes of the target distributions; after the same classes of the input. */
  void addTargets(double[] z, double[] q, int c, int k) {
    if (!needs.targetMoment() && !needs.squares()) {
      return;
    }
    for (int j = 0; j < k; j++) {
      double weight = call.classWeight(c + j);
      for (int lane = 0; lane < ROWS; lane++) {
        double share = q[j * ROWS + lane];
        double weighted = weight * share;
        double d = (z[j * ROWS + lane] - shift[lane]) * scale;
        targetMass[lane] += weighted;
        targetMoment[lane] += weighted == 0 ? 0 : weighted * d;
        plainTargetMass[lane] += share;
        plainTargetMoment[lane] += share == 0 ? 0 : share * d;
        if (needs.targetNegentropy() && share != 0) {
          targetNegentropy[lane] += weighted * StrictMath.log(share);
        }
        if (needs.squares()) {
          targetSquareSum[lane] += share * share;
          targetProduct[lane] += share == 0 ? 0 : share * DoubleMath.exp(d);
        }
      }
    }
  }

  /** Writes one lane's row. */
  void store(int lane, RowStatistics rows, int i) {
    rows.shift[i] = shift[lane] * scale;
    rows.sum[i] = started[lane] ? sum[lane] : Double.NaN;
    rows.targetShifted[i] = (target[lane] - shift[lane]) * scale;
    rows.maximum[i] = (maximum[lane] - shift[lane]) * scale;
    rows.argmax[i] = argmax[lane];
    rows.rank[i] = 1 + above[lane];
    rows.entropyMoment[i] = entropyMoment[lane];
    rows.squareSum[i] = squareSum[lane];
    rows.classMoment[i] = classMoment[lane];
    rows.targetMoment[i] = targetMoment[lane];
    rows.targetMass[i] = targetMass[lane];
    rows.plainTargetMoment[i] = plainTargetMoment[lane];
    rows.plainTargetMass[i] = plainTargetMass[lane];
    rows.targetNegentropy[i] = targetNegentropy[lane];
    rows.targetProduct[i] = targetProduct[lane];
    rows.targetSquareSum[i] = targetSquareSum[lane];
  }

  private void moveMaximum(int lane, double[] z, int c) {
    maximum[lane] = greatest[lane];
    if (needs.argmax()) {
      int j = 0;
      while (z[j * ROWS + lane] != greatest[lane]) {
        j++;
      }
      argmax[lane] = c + j;
    }
    if (fixedShift) {
      return;
    }
    double to = greatest[lane];
    if (started[lane]) {
      double delta = (shift[lane] - to) * scale;
      double factor = DoubleMath.exp(delta);
      entropyMoment[lane] = factor == 0 ? 0 : factor * (entropyMoment[lane] + sum[lane] * delta);
      sum[lane] *= factor;
      squareSum[lane] *= factor * factor;
      targetProduct[lane] *= factor;
      classMoment[lane] += product(classMass, delta);
      targetMoment[lane] += product(targetMass[lane], delta);
      plainTargetMoment[lane] += product(plainTargetMass[lane], delta);
    }
    started[lane] = true;
    shift[lane] = to;
  }

  private static double product(double mass, double delta) {
    return mass == 0 ? 0 : mass * delta;
  }
}
