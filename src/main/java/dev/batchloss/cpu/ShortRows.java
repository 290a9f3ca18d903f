package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOATS;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import dev.batchloss.data.Matrix;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * Sums of rows that fit one virtual vector and follow each other without gaps, in 32-bit
 * arithmetic: a row is loaded with what follows it, the lanes beyond are taken as −infinity. The
 * shift is the row's maximum. Lanes are added in halves: l and l + 8, then l and l + 4, and so on.
 * One a worker.
 */
final class ShortRows {
  private static final VectorShuffle<Float> SWAP8 = swap(8);
  private static final VectorShuffle<Float> SWAP4 = swap(4);
  private static final VectorShuffle<Float> SWAP2 = swap(2);
  private static final VectorShuffle<Float> SWAP1 = swap(1);

  private final Elements elements;
  private final Matrix matrix;
  private final int classes;
  private final float scale;
  private final float[] staging;
  private final float[] lanes = new float[FLOATS];
  private final float[] firstLanesOfMaxima = new float[Tile.ROWS + FLOATS];
  private final float[] firstLanesOfSums = new float[Tile.ROWS + FLOATS];
  private float[] rows;
  private int firstRow;

  ShortRows(Matrix matrix, float scale) {
    this.matrix = matrix;
    this.classes = matrix.classes();
    this.scale = scale;
    this.elements = new Elements(matrix, Tile.ROWS * classes);
    this.staging = new float[Tile.ROWS * classes + FLOATS];
    this.rows = staging;
  }

  /** Whether the rows of a matrix are such. */
  static boolean fit(Matrix matrix) {
    return matrix.classes() <= FLOATS && Tile.isGapless(matrix);
  }

  /**
   * Fills, for each of {@code n} rows, the maximum (−infinity if there is nothing but −infinity and
   * NaN) and Σ e^((x − maximum)·scale), with 0 in place of a maximum that is not there.
   */
  void sumExp(long first, int n, double[] maximum, double[] sum) {
    float[] array = elements.floatArray();
    int start = array == null ? 0 : elements.floatArrayOffset() + (int) matrix.rowOffset(first);
    if (array == null || start + n * classes + FLOATS > array.length) {
      elements.read(matrix.rowOffset(first), n * classes, staging, 0);
      rows = staging;
      firstRow = 0;
    } else {
      rows = array;
      firstRow = start;
    }
    if (FLOAT_STEP == FLOATS) {
      sumExpAtOnce(rows, firstRow, n, maximum, sum);
    } else {
      sumExpInParts(rows, firstRow, n, maximum, sum);
    }
  }

  /** An element of the i-th of the rows that were summed last. */
  float get(int i, int c) {
    return rows[firstRow + i * classes + c];
  }

  private void sumExpAtOnce(float[] array, int start, int n, double[] maximum, double[] sum) {
    VectorMask<Float> beyond = FLOAT.indexInRange(0, classes).not();
    int rowLength = classes;
    for (int i = 0; i < n; i++) {
      FloatVector x =
          FloatVector.fromArray(FLOAT, array, start + i * rowLength)
              .blend(Float.NEGATIVE_INFINITY, beyond);
      // NaN is left out here, and comes back with the exponentials.
      FloatVector m = x.blend(Float.NEGATIVE_INFINITY, x.test(VectorOperators.IS_NAN));
      m = greater(m, m.rearrange(SWAP8));
      m = greater(m, m.rearrange(SWAP4));
      m = greater(m, m.rearrange(SWAP2));
      m = greater(m, m.rearrange(SWAP1));
      FloatVector shift = m.blend(0f, m.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
      FloatVector e = FloatMath.exp(x.sub(shift).mul(scale));
      e = e.add(e.rearrange(SWAP8));
      e = e.add(e.rearrange(SWAP4));
      e = e.add(e.rearrange(SWAP2));
      e = e.add(e.rearrange(SWAP1));
      // Lane 0 is wanted; the next row's vector covers the others. C2 extracts a lane slowly.
      m.intoArray(firstLanesOfMaxima, i);
      e.intoArray(firstLanesOfSums, i);
    }
    for (int i = 0; i < n; i++) {
      maximum[i] = firstLanesOfMaxima[i];
      sum[i] = firstLanesOfSums[i];
    }
  }

  /** The same lanes added in the same order on a machine whose vectors hold fewer. */
  private void sumExpInParts(float[] array, int start, int n, double[] maximum, double[] sum) {
    for (int i = 0; i < n; i++) {
      int row = start + i * classes;
      float m = Float.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        m = array[row + c] > m ? array[row + c] : m;
      }
      float shift = m == Float.NEGATIVE_INFINITY ? 0 : m;
      for (int part = 0; part < FLOATS; part += FLOAT_STEP) {
        FloatVector d =
            FloatVector.fromArray(FLOAT, array, row + part)
                .blend(Float.NEGATIVE_INFINITY, FLOAT.indexInRange(part, classes).not())
                .sub(shift)
                .mul(scale);
        FloatMath.exp(d).intoArray(lanes, part);
      }
      for (int width = FLOATS / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
          lanes[l] += lanes[l + width];
        }
      }
      maximum[i] = m;
      sum[i] = lanes[0];
    }
  }

  private static FloatVector greater(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(VectorOperators.GT, a));
  }

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(FLOAT, lane -> (lane ^ distance) % FLOAT_STEP);
  }
}
