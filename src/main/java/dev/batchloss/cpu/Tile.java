package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import java.util.Arrays;

/**
 * Sixteen consecutive rows side by side: element {@code c·16 + lane} is class c of row {@code first
 * + lane}, in double. Read from and written to any layout: along the rows where the inner axis is
 * contiguous, else row by row and transposed. One a worker.
 */
final class Tile {
  static final int ROWS = 16;

  /** The most classes a tile holds, so that it stays in the first-level cache. */
  static final int CLASSES = 64;

  final double[] values = new double[ROWS * CLASSES];
  private final double[] staging = new double[ROWS * CLASSES];
  private final Matrix matrix;
  private final Elements elements;
  private final boolean gapless;

  Tile(Matrix matrix) {
    this.matrix = matrix;
    this.elements = new Elements(matrix, ROWS * CLASSES);
    this.gapless =
        matrix.inner() == 1
            && matrix.classStride() == 1
            && matrix.outerStride() == matrix.classes();
  }

  /** Reads {@code k} classes from {@code c} on of {@code n} rows; lanes without a row become 0. */
  void read(long first, int n, int c, int k) {
    if (n < ROWS) {
      Arrays.fill(values, 0, k * ROWS, 0);
    }
    if (isAlongRows(first, n)) {
      long start = matrix.rowOffset(first) + c * matrix.classStride();
      for (int j = 0; j < k; j++) {
        elements.read(start + j * matrix.classStride(), n, values, j * ROWS);
      }
      return;
    }
    boolean atOnce = gapless && k == matrix.classes();
    if (atOnce) {
      elements.read(matrix.rowOffset(first), n * k, staging, 0);
    }
    for (int lane = 0; lane < n; lane++) {
      if (!atOnce) {
        elements.readRow(first + lane, c, k, staging);
      }
      int from = atOnce ? lane * k : 0;
      for (int j = 0; j < k; j++) {
        values[j * ROWS + lane] = staging[from + j];
      }
    }
  }

  /** Writes {@code k} classes from {@code c} on of {@code n} rows. */
  void write(long first, int n, int c, int k) {
    if (isAlongRows(first, n)) {
      long start = matrix.rowOffset(first) + c * matrix.classStride();
      for (int j = 0; j < k; j++) {
        elements.write(start + j * matrix.classStride(), n, values, j * ROWS);
      }
      return;
    }
    boolean atOnce = gapless && k == matrix.classes();
    for (int lane = 0; lane < n; lane++) {
      int to = atOnce ? lane * k : 0;
      for (int j = 0; j < k; j++) {
        staging[to + j] = values[j * ROWS + lane];
      }
      if (!atOnce) {
        elements.writeRow(first + lane, c, k, staging);
      }
    }
    if (atOnce) {
      elements.write(matrix.rowOffset(first), n * k, staging, 0);
    }
  }

  /** One element, wherever it is. */
  double get(long row, int c) {
    return elements.get(matrix.rowOffset(row) + c * matrix.classStride());
  }

  private boolean isAlongRows(long first, int n) {
    return matrix.inner() > 1
        && matrix.innerStride() == 1
        && first / matrix.inner() == (first + n - 1) / matrix.inner();
  }
}
