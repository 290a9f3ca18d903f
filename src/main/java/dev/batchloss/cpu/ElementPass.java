package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Elements one by one, a block at a time: whole rows where several fit a block, else a part of one.
 * What is to be written follows at once, while the block is at hand. A subclass brings the
 * arithmetic.
 */
abstract class ElementPass implements BatchPass {
  static final int BLOCK = 1024;

  final ComparisonCall call;
  final ElementPlan plan;
  private final int classes;
  private final int blockRows;

  ElementPass(ComparisonCall call, ElementPlan plan) {
    this.call = call;
    this.plan = plan;
    this.classes = call.classes;
    this.blockRows = Math.max(1, BLOCK / classes);
  }

  /** The pass for this call; a function of plan, types and targets alone. */
  static ElementPass of(ComparisonCall call, ElementPlan plan) {
    boolean isPlain =
        plan.function().kind() == ElementFunction.Kind.BINARY_CROSS_ENTROPY_LOGITS
            && plan.positiveWeights() == null
            && plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO
            && plan.targetScale() == 1
            && plan.targetOffset() == 0;
    // Beside a large logit the rounding of a target would show.
    boolean isNarrow =
        call.input.type() != ElementType.FLOAT64 && call.targets.type() != ElementType.FLOAT64;
    return isPlain && isNarrow ? new FloatLogitPass(call, plan) : new DoubleElementPass(call, plan);
  }

  @Override
  public final void reduce(RowStatistics rows) {
    Arrays.fill(rows.loss, 0, rows.size, 0);
    Arrays.fill(rows.matches, 0, rows.size, 0);
    for (int i = 0; i < rows.size; i += blockRows) {
      int n = Math.min(blockRows, rows.size - i);
      for (int c = 0; c < classes; c += BLOCK) {
        run(rows, i, n, c, Math.min(BLOCK, classes - c));
      }
    }
  }

  /** The classes from {@code c} on, {@code k} of them, of {@code n} rows from {@code i} on. */
  private void run(RowStatistics rows, int i, int n, int c, int k) {
    evaluate(rows.firstRow + i, n, c, k);
    for (int row = 0; row < n; row++) {
      rows.loss[i + row] += sum(row * k, k);
      rows.matches[i + row] += call.countsMatches ? matches(row * k, k) : 0;
    }
    if (call.output != null) {
      scaleRows(rows, i, n, k);
      writeOutput(rows.firstRow + i, n, c, k);
    }
  }

  /** Rows with the same factor at once: a loop over a short row has hardly begun when it ends. */
  private void scaleRows(RowStatistics rows, int i, int n, int k) {
    int from = 0;
    double factor = call.outputFactor(rows, i);
    for (int row = 1; row < n; row++) {
      double next = call.outputFactor(rows, i + row);
      if (Double.compare(next, factor) != 0) {
        scaleOutput(from * k, (row - from) * k, factor);
        from = row;
        factor = next;
      }
    }
    scaleOutput(from * k, (n - from) * k, factor);
  }

  /**
   * Reads a block and makes of it the losses of its elements, and the slopes if they are wanted.
   */
  abstract void evaluate(long firstRow, int n, int c, int k);

  /** The sum of the losses of a row's part of the block. */
  abstract double sum(int offset, int k);

  /** How many elements of a row's part of the block are on the right side. */
  abstract int matches(int offset, int k);

  /** Multiplies {@code size} elements of what is written of the block. */
  abstract void scaleOutput(int offset, int size, double factor);

  /** Writes the block's part of the output. */
  abstract void writeOutput(long firstRow, int n, int c, int k);

  @Override
  public final void write(RowStatistics rows) {
    // Written with the block.
  }

  /** A matrix whose elements are read, and written, in blocks of doubles or of floats. */
  static final class Operand {
    private final Elements elements;
    private final boolean isGapless;
    final double[] doubles;

    /** What was read last as floats, from {@link #offset} on: a copy, or the matrix's own array. */
    float[] floats;

    int offset;
    private final float[] floatCopy;
    private final double[] doubleRow;
    private final float[] floatRow;

    private Operand(Matrix matrix, int doubles, int floats) {
      this.elements = new Elements(matrix, BLOCK);
      this.isGapless = Tile.isGapless(matrix);
      this.doubles = new double[doubles];
      this.doubleRow = new double[doubles];
      this.floatCopy = new float[floats];
      this.floats = floatCopy;
      this.floatRow = new float[floats];
    }

    static Operand ofDoubles(Matrix matrix) {
      return new Operand(matrix, BLOCK, 0);
    }

    static Operand ofFloats(Matrix matrix) {
      return new Operand(matrix, 0, BLOCK + Lanes.FLOATS);
    }

    static @Nullable Operand ofDoublesOrNull(@Nullable Matrix matrix) {
      return matrix == null ? null : ofDoubles(matrix);
    }

    static @Nullable Operand ofFloatsOrNull(@Nullable Matrix matrix) {
      return matrix == null ? null : ofFloats(matrix);
    }

    /** Reads {@code n} whole rows, or {@code n = 1} and a part of one, into {@link #doubles}. */
    void readDoubles(long firstRow, int n, int c, int k) {
      if (isGapless || n == 1) {
        elements.readRow(firstRow, c, n * k, doubles);
        return;
      }
      for (int i = 0; i < n; i++) {
        elements.readRow(firstRow + i, c, k, doubleRow);
        System.arraycopy(doubleRow, 0, doubles, i * k, k);
      }
    }

    /**
     * Likewise {@link #floats}: in place where they lie in a {@code float[]} that goes on to a
     * whole virtual vector.
     */
    void findFloats(long firstRow, int n, int c, int k) {
      float[] array = elements.floatArray();
      Matrix matrix = elements.matrix();
      if (array != null && (isGapless || (n == 1 && matrix.classStride() == 1))) {
        long start = elements.floatArrayOffset() + matrix.rowOffset(firstRow) + c;
        if (start + (long) n * k + Lanes.FLOATS <= array.length) {
          floats = array;
          offset = (int) start;
          return;
        }
      }
      copyFloats(firstRow, n, c, k);
    }

    /** Likewise a copy, rounding doubles. */
    void copyFloats(long firstRow, int n, int c, int k) {
      floats = floatCopy;
      offset = 0;
      if (isGapless || n == 1) {
        elements.readRow(firstRow, c, n * k, floats);
        return;
      }
      for (int i = 0; i < n; i++) {
        elements.readRow(firstRow + i, c, k, floatRow);
        System.arraycopy(floatRow, 0, floats, i * k, k);
      }
    }

    /** Writes what {@link #doubles} holds. */
    void writeDoubles(long firstRow, int n, int c, int k) {
      if (isGapless || n == 1) {
        elements.writeRow(firstRow, c, n * k, doubles);
        return;
      }
      for (int i = 0; i < n; i++) {
        System.arraycopy(doubles, i * k, doubleRow, 0, k);
        elements.writeRow(firstRow + i, c, k, doubleRow);
      }
    }

    /** Writes what {@link #floats} holds. */
    void writeFloats(long firstRow, int n, int c, int k) {
      if (isGapless || n == 1) {
        elements.writeRow(firstRow, c, n * k, floats);
        return;
      }
      for (int i = 0; i < n; i++) {
        System.arraycopy(floats, i * k, floatRow, 0, k);
        elements.writeRow(firstRow + i, c, k, floatRow);
      }
    }
  }
}
