package dev.batchloss.compat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What PyTorch and ONNX document for losses of rows, computed in double from the formulas: over
 * outer × classes × inner numbers, a row at a time.
 */
final class RowReference {
  final int outer;
  final int classes;
  final int inner;
  final double[] x;

  RowReference(double[] x, int outer, int classes, int inner) {
    this.outer = outer;
    this.classes = classes;
    this.inner = inner;
    this.x = x;
  }

  /** Rows along {@code axis} of a tensor of this shape. */
  static RowReference along(double[] x, long[] shape, int axis) {
    int outer = (int) Arrays.stream(shape, 0, axis).reduce(1, (a, b) -> a * b);
    int inner = (int) Arrays.stream(shape, axis + 1, shape.length).reduce(1, (a, b) -> a * b);
    return new RowReference(x, outer, (int) shape[axis], inner);
  }

  int rows() {
    return outer * inner;
  }

  private int place(int row, int c) {
    return (row / inner * classes + c) * inner + row % inner;
  }

  RowReference logSoftmax() {
    double[] logs = new double[x.length];
    for (int row = 0; row < rows(); row++) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        greatest = Math.max(greatest, x[place(row, c)]);
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(x[place(row, c)] - greatest);
      }
      for (int c = 0; c < classes; c++) {
        logs[place(row, c)] = x[place(row, c)] - greatest - Math.log(sum);
      }
    }
    return new RowReference(logs, outer, classes, inner);
  }

  double[] exponentials() {
    return Arrays.stream(x).map(Math::exp).toArray();
  }

  /** −w_t·x_t, 0 where the target is ignored. */
  double[] nll(long[] target, double @Nullable [] weight, @Nullable Long ignored) {
    double[] losses = new double[rows()];
    for (int row = 0; row < losses.length; row++) {
      if (ignored == null || target[row] != ignored) {
        int t = (int) target[row];
        losses[row] = -x[place(row, t)] * (weight == null ? 1 : weight[t]);
      }
    }
    return losses;
  }

  /** The derivative of Σ nll with respect to x, over {@code denominator}. */
  double[] nllSlopes(
      long[] target, double @Nullable [] weight, @Nullable Long ignored, double denominator) {
    double[] slopes = new double[x.length];
    for (int row = 0; row < rows(); row++) {
      if (ignored == null || target[row] != ignored) {
        int t = (int) target[row];
        slopes[place(row, t)] = -(weight == null ? 1 : weight[t]) / denominator;
      }
    }
    return slopes;
  }

  /** −Σ w_c·x_c, 0 where the target is ignored. */
  double[] smooth(long[] target, double @Nullable [] weight, @Nullable Long ignored) {
    double[] losses = new double[rows()];
    for (int row = 0; row < losses.length; row++) {
      if (ignored == null || target[row] != ignored) {
        for (int c = 0; c < classes; c++) {
          losses[row] -= x[place(row, c)] * (weight == null ? 1 : weight[c]);
        }
      }
    }
    return losses;
  }

  /** −Σ x_c·((1−ε)·q_c + ε/C)·w_c, with all the NaN that 0·∞ makes. */
  double[] soft(double[] target, double @Nullable [] weight, double smoothing) {
    double[] losses = new double[rows()];
    for (int row = 0; row < losses.length; row++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        double q = target[place(row, c)];
        double smoothed = smoothing > 0 ? q * (1 - smoothing) + smoothing / classes : q;
        sum += x[place(row, c)] * smoothed * (weight == null ? 1 : weight[c]);
      }
      losses[row] = -sum;
    }
    return losses;
  }

  /** Σ w_t over the rows that are not ignored. */
  static double weightSum(long[] target, double @Nullable [] weight, @Nullable Long ignored) {
    double sum = 0;
    for (long t : target) {
      if (ignored == null || t != ignored) {
        sum += weight == null ? 1 : weight[(int) t];
      }
    }
    return sum;
  }
}
