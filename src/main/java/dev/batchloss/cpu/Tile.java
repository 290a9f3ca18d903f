package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import java.util.Arrays;

/**
 * Consecutive rows side by side: element {@code c·ROWS + lane} is class c of row {@code first +
 * lane}, in double. There are enough rows that the first are long in the cache when the last are
 * transposed: vectors loaded from elements just stored one by one would wait for them. Read from
 * and written to any layout: along the rows where the inner axis is contiguous, else row by row and
 * transposed. One a worker.
 */
final class Tile {
  static final int ROWS = 64;

  /** The most classes a tile holds: all of a short row, so that it is gone through once. */
  static final int CLASSES = CpuBackend.SHORT_ROW;

  final double[] values = new double[ROWS * CLASSES];

  /** The same as it is where no more than 32 bits were read. */
  final float[] floats = new float[ROWS * CLASSES];

  private final double[] staging = new double[ROWS * CLASSES];
  private final float[] floatStaging = new float[ROWS * CLASSES];
  private final Matrix matrix;
  private final Elements elements;
  private final boolean gapless;

  Tile(Matrix matrix) {
    this.matrix = matrix;
    this.elements = new Elements(matrix, ROWS * CLASSES);
    this.gapless = isGapless(matrix);
  }

  /** Whether the rows of a matrix follow each other without gaps. */
  static boolean isGapless(Matrix matrix) {
    return matrix.inner() == 1
        && matrix.classStride() == 1
        && matrix.outerStride() == matrix.classes();
  }

  /** Reads {@code k} classes from {@code c} on of {@code n} rows; lanes without a row become 0. */
  void read(long first, int n, int c, int k) {
    if (n % Lanes.FLOATS != 0) {
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

  /** Reads into {@link #floats} instead. */
  void readFloats(long first, int n, int c, int k) {
    if (n % Lanes.FLOATS != 0) {
      Arrays.fill(floats, 0, k * ROWS, 0);
    }
    if (isAlongRows(first, n)) {
      long start = matrix.rowOffset(first) + c * matrix.classStride();
      for (int j = 0; j < k; j++) {
        elements.read(start + j * matrix.classStride(), n, floats, j * ROWS);
      }
      return;
    }
    boolean atOnce = gapless && k == matrix.classes();
    float[] from = floatStaging;
    int start = 0;
    if (atOnce && elements.floatArray() != null) {
      from = elements.floatArray();
      start = elements.floatArrayOffset() + (int) matrix.rowOffset(first);
    } else if (atOnce) {
      elements.read(matrix.rowOffset(first), n * k, floatStaging, 0);
    }
    if (atOnce) {
      transpose(from, start, n, k);
      return;
    }
    for (int lane = 0; lane < n; lane++) {
      elements.readRow(first + lane, c, k, floatStaging);
      for (int j = 0; j < k; j++) {
        floats[j * ROWS + lane] = floatStaging[j];
      }
    }
  }

  private void transpose(float[] from, int start, int n, int k) {
    for (int lane = 0; lane < n; lane++) {
      int row = start + lane * k;
      for (int j = 0; j < k; j++) {
        floats[j * ROWS + lane] = from[row + j];
      }
    }
  }

  /** Fills {@link #values} from {@link #floats}. */
  void widen(int k) {
    for (int i = 0; i < k * ROWS; i++) {
      values[i] = floats[i];
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

  /** How many lanes the vectors of n rows touch. */
  static int lanes(int n) {
    return (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
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
