package dev.batchloss.cpu;

import static dev.batchloss.cpu.Tile.ROWS;

import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Arrays;

/** The statistics of the rows of a tile, a column each, in units of x. One a worker. */
final class TileStatistics {
  private final Call call;
  private final RowNeeds needs;
  private final ZeroTimesInfinity zeroTimesInfinity;
  private final double scale;
  private final boolean fixedShift;
  private int rows;
  private int lanes;

  /** What is subtracted; 0 as long as a lane has seen nothing finite. */
  final double[] shift = new double[ROWS];

  /** The target's element, where it is needed. */
  final double[] target = new double[ROWS];

  final int[] targetClass = new int[ROWS];

  private final boolean[] started = new boolean[ROWS];
  private final double[] maximum = new double[ROWS];
  private final double[] greatest = new double[ROWS];
  private final int[] maximumTile = new int[ROWS];
  private final int[] argmax = new int[ROWS];
  private final int[] above = new int[ROWS];
  private final double[] sum = new double[ROWS];
  private final float[] floatColumn = new float[ROWS];
  private final float[] evenSum = new float[ROWS];
  private final float[] oddSum = new float[ROWS];
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

  TileStatistics(Call call, double scale, boolean fixedShift) {
    this.fixedShift = fixedShift;
    this.call = call;
    this.needs = call.needs;
    this.zeroTimesInfinity = call.plan.zeroTimesInfinityOfTargets();
    this.scale = scale;
  }

  /** Starts with {@code n} rows; a fixed shift is 0. */
  void reset(int n) {
    rows = n;
    lanes = Tile.lanes(n);
    Arrays.fill(started, 0, lanes, fixedShift);
    Arrays.fill(shift, 0, lanes, 0);
    Arrays.fill(maximum, 0, lanes, Double.NEGATIVE_INFINITY);
    Arrays.fill(maximumTile, 0, lanes, -1);
    Arrays.fill(sum, 0, lanes, 0);
    if (needs.argmax() || needs.rank()) {
      Arrays.fill(argmax, 0);
      Arrays.fill(above, 0);
    }
    if (needs.entropyMoment() || needs.squares()) {
      Arrays.fill(entropyMoment, 0);
      Arrays.fill(squareSum, 0);
    }
    if (needs.classMoment()) {
      Arrays.fill(classMoment, 0);
      classMass = 0;
    }
    if (needsTargets()) {
      Arrays.fill(targetMoment, 0);
      Arrays.fill(targetMass, 0);
      Arrays.fill(plainTargetMoment, 0);
      Arrays.fill(plainTargetMass, 0);
      Arrays.fill(targetNegentropy, 0);
      Arrays.fill(targetProduct, 0);
      Arrays.fill(targetSquareSum, 0);
    }
  }

  /** Whether the target distributions are needed at all. */
  private boolean needsTargets() {
    return call.targetKind == TargetKind.PROBABILITIES && (needs.targetMoment() || needs.squares());
  }

  /** Takes the target's elements among {@code k} classes from {@code c} on. */
  void pickTargets(Tile tile, int c, int k) {
    boolean floats = call.takesFloat();
    for (int lane = 0; lane < rows; lane++) {
      int j = targetClass[lane] - c;
      if (j >= 0 && j < k) {
        int at = j * ROWS + lane;
        target[lane] = floats ? tile.floats[at] : tile.values[at];
      }
    }
  }

  /** Adds the maxima and sums of {@code k} classes from {@code c} on. */
  void add(double[] z, int c, int k) {
    TileKernel.maximum(z, k, lanes, greatest);
    for (int lane = 0; lane < rows; lane++) {
      if (greatest[lane] > maximum[lane]) {
        moveMaximum(lane, c);
      }
    }
    TileKernel.addExp(z, k, lanes, shift, scale, sum);
  }

  /** The same of floats, in 32-bit arithmetic within the tile. */
  void addFloats(float[] x, int c, int k) {
    TileKernel.maximum(x, k, lanes, floatColumn);
    for (int lane = 0; lane < rows; lane++) {
      greatest[lane] = floatColumn[lane];
      if (greatest[lane] > maximum[lane]) {
        moveMaximum(lane, c);
      }
    }
    for (int lane = 0; lane < lanes; lane++) {
      floatColumn[lane] = (float) shift[lane];
    }
    // The even and the odd classes each in order, as PairTile adds them.
    TileKernel.sumExp(x, 0, k, lanes, floatColumn, (float) scale, evenSum);
    TileKernel.sumExp(x, 1, k, lanes, floatColumn, (float) scale, oddSum);
    for (int lane = 0; lane < rows; lane++) {
      sum[lane] += evenSum[lane] + oddSum[lane];
    }
  }

  /** Whether anything is needed beyond maxima, sums and the target's elements. */
  boolean needsOthers() {
    return needsOthers(call);
  }

  static boolean needsOthers(Call call) {
    RowNeeds needs = call.needs;
    return needs.entropyMoment()
        || needs.squares()
        || needs.classMoment()
        || needs.rank()
        || needs.argmax()
        || call.targetKind == TargetKind.PROBABILITIES;
  }

  /** Adds whatever else is needed; after the sums of the same classes. */
  void addOthers(double[] z, int c, int k) {
    if (!needsOthers()) {
      return;
    }
    findArgmax(z, c, k);
    if (needs.entropyMoment() || needs.squares()) {
      TileKernel.addMoments(z, k, lanes, shift, scale, entropyMoment, squareSum);
    }
    if (needs.classMoment()) {
      for (int j = 0; j < k; j++) {
        double weight = call.classWeight(c + j);
        if (weight != 0) {
          TileKernel.addShifted(z, j, lanes, weight, shift, scale, classMoment);
        }
      }
      classMass += call.classWeightSum(c, c + k);
    }
    if (needs.rank()) {
      for (int j = 0; j < k; j++) {
        for (int lane = 0; lane < rows; lane++) {
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
    if (!needsTargets()) {
      return;
    }
    for (int j = 0; j < k; j++) {
      double weight = call.classWeight(c + j);
      for (int lane = 0; lane < rows; lane++) {
        double share = q[j * ROWS + lane];
        double weighted = weight * share;
        double d = (z[j * ROWS + lane] - shift[lane]) * scale;
        targetMass[lane] += weighted;
        targetMoment[lane] += zeroTimesInfinity.product(weighted, d);
        plainTargetMass[lane] += share;
        plainTargetMoment[lane] += zeroTimesInfinity.product(share, d);
        if (needs.targetNegentropy() && share != 0) {
          targetNegentropy[lane] += weighted * StrictMath.log(share);
        }
        if (needs.squares()) {
          targetSquareSum[lane] += share * share;
          targetProduct[lane] += share == 0 ? 0 : share * ScalarMath.exp(d);
        }
      }
    }
  }

  /** Writes the rows, the first to place {@code at}. */
  void store(RowStatistics to, int at) {
    for (int lane = 0; lane < rows; lane++) {
      int i = at + lane;
      to.shift[i] = shift[lane] * scale;
      to.sum[i] = started[lane] ? sum[lane] : Double.NaN;
      to.targetShifted[i] = (target[lane] - shift[lane]) * scale;
    }
    if (needs.maximum()) {
      for (int lane = 0; lane < rows; lane++) {
        to.maximum[at + lane] = (maximum[lane] - shift[lane]) * scale;
      }
    }
    if (needs.argmax() || needs.rank()) {
      System.arraycopy(argmax, 0, to.argmax, at, rows);
      for (int lane = 0; lane < rows; lane++) {
        to.rank[at + lane] = 1 + above[lane];
      }
    }
    if (needs.entropyMoment() || needs.squares()) {
      System.arraycopy(entropyMoment, 0, to.entropyMoment, at, rows);
      System.arraycopy(squareSum, 0, to.squareSum, at, rows);
    }
    if (needs.classMoment()) {
      System.arraycopy(classMoment, 0, to.classMoment, at, rows);
    }
    if (needsTargets()) {
      System.arraycopy(targetMoment, 0, to.targetMoment, at, rows);
      System.arraycopy(targetMass, 0, to.targetMass, at, rows);
      System.arraycopy(plainTargetMoment, 0, to.plainTargetMoment, at, rows);
      System.arraycopy(plainTargetMass, 0, to.plainTargetMass, at, rows);
      System.arraycopy(targetNegentropy, 0, to.targetNegentropy, at, rows);
      System.arraycopy(targetProduct, 0, to.targetProduct, at, rows);
      System.arraycopy(targetSquareSum, 0, to.targetSquareSum, at, rows);
    }
  }

  private void findArgmax(double[] z, int c, int k) {
    if (!needs.argmax()) {
      return;
    }
    for (int lane = 0; lane < rows; lane++) {
      if (maximumTile[lane] == c) {
        int j = 0;
        while (j < k && z[j * ROWS + lane] != maximum[lane]) {
          j++;
        }
        argmax[lane] = c + (j < k ? j : 0);
      }
    }
  }

  private void moveMaximum(int lane, int c) {
    maximum[lane] = greatest[lane];
    maximumTile[lane] = c;
    if (fixedShift) {
      return;
    }
    double to = greatest[lane];
    if (started[lane]) {
      double delta = (shift[lane] - to) * scale;
      double factor = ScalarMath.exp(delta);
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
