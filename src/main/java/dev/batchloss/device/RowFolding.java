package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowLabels;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * From the columns of a chunk to losses: widens what the device returned to double, lets the plan's
 * {@link BatchCompletion} check it and form the losses, and hands the rows to the request's fold.
 * One a call, or one a worker of a call; used by one thread at a time.
 */
public final class RowFolding {
  private static final int BATCH_ROWS = 512;

  private final RowColumns columns;
  private final RowLabels labels;
  private final BatchCompletion completion;
  private final RowFold fold;

  private final RowStatistics batch = new RowStatistics(BATCH_ROWS);
  private final CheckColumns checks = new CheckColumns(BATCH_ROWS);
  private final float[] floats = new float[BATCH_ROWS];
  private final long[] longs = new long[BATCH_ROWS];

  /** Folds the rows of a call whose input is a matrix of the host; takes one of its folds. */
  public RowFolding(RowRequest<Matrix> request) {
    this(request, request.input()::get);
  }

  /**
   * Folds the rows of a call; takes one of its folds.
   *
   * @param request the call; its targets are known to be good, but for probabilities and values
   * @param input reads the input where a device reports a probability that may be bad
   */
  public RowFolding(RowRequest<?> request, ElementReader input) {
    this.columns = RowColumns.of(request);
    this.labels = new RowLabels(request.plan(), request.targets());
    this.completion =
        switch (request.plan()) {
          case RowPlan plan -> new RowPlanCompletion(plan, request, input);
          case ComparisonPlan plan -> new ComparisonCompletion(plan, request, input);
        };
    this.fold = request.folds().get();
  }

  /** Returns the columns it takes. */
  public RowColumns columns() {
    return columns;
  }

  /**
   * Takes a chunk. Of rows that are ignored only the shift and the sum matter, and those only where
   * the log-sum-exp was asked for; their other columns may hold anything. The memory is only read,
   * and not used after the return. Chunks may come in any order; the first bad row of all is the
   * one reported if they come in theirs.
   *
   * @param memory the columns, as {@link RowColumns} lays them out
   * @param arithmetic FLOAT32 or FLOAT64: what the numbers are
   * @param firstRow the row of the call that is the chunk's first
   * @param rows how many rows the chunk has
   * @throws dev.batchloss.data.InvalidDataException if a probability of a row that is not ignored
   *     lies outside 0..1 or the row does not sum to 1, where the plan checks that; rows before it
   *     may have been folded
   * @throws IndexOutOfBoundsException if the memory is smaller than the columns are
   */
  public void fold(MemorySegment memory, ElementType arithmetic, long firstRow, int rows) {
    Objects.checkFromIndexSize(0, columns.bytes(rows, arithmetic), memory.byteSize());
    for (int from = 0; from < rows; from += BATCH_ROWS) {
      batch.firstRow = firstRow + from;
      batch.size = Math.min(BATCH_ROWS, rows - from);
      labels.label(batch);
      for (int k = 0; k < columns.size(); k++) {
        take(columns.asList().get(k), memory, arithmetic, (long) k * rows + from);
      }
      completion.complete(batch, checks);
      fold.fold(batch);
    }
  }

  private void take(RowColumn column, MemorySegment memory, ElementType arithmetic, long at) {
    switch (column) {
      case SHIFT -> take(memory, arithmetic, at, batch.shift);
      case SUM -> take(memory, arithmetic, at, batch.sum);
      case TARGET_ORDERED -> take(memory, arithmetic, at, batch.targetShifted);
      case CLASS_MOMENT -> take(memory, arithmetic, at, batch.classMoment);
      case TARGET_MOMENT -> take(memory, arithmetic, at, batch.targetMoment);
      case TARGET_MASS -> take(memory, arithmetic, at, batch.targetMass);
      case PLAIN_TARGET_MOMENT -> take(memory, arithmetic, at, batch.plainTargetMoment);
      case PLAIN_TARGET_MASS -> take(memory, arithmetic, at, batch.plainTargetMass);
      case TARGET_NEGENTROPY -> take(memory, arithmetic, at, batch.targetNegentropy);
      case ENTROPY_MOMENT -> take(memory, arithmetic, at, batch.entropyMoment);
      case SQUARE_SUM -> take(memory, arithmetic, at, batch.squareSum);
      case TARGET_PRODUCT -> take(memory, arithmetic, at, batch.targetProduct);
      case TARGET_SQUARE_SUM -> take(memory, arithmetic, at, batch.targetSquareSum);
      case MAXIMUM -> take(memory, arithmetic, at, batch.maximum);
      case ARGMAX -> take(memory, arithmetic, at, batch.argmax);
      case TARGET_ARGMAX -> take(memory, arithmetic, at, batch.target);
      case RANK -> take(memory, arithmetic, at, batch.rank);
      case INPUT_SUM -> take(memory, arithmetic, at, checks.inputSum);
      case BAD_CLASS -> take(memory, arithmetic, at, checks.badClass);
      case BAD_TARGET_CLASS -> take(memory, arithmetic, at, checks.badTargetClass);
      case LOSS -> take(memory, arithmetic, at, batch.loss);
      case MATCHES -> take(memory, arithmetic, at, batch.matches);
    }
  }

  private void take(MemorySegment memory, ElementType arithmetic, long at, double[] to) {
    long offset = at * arithmetic.bytes();
    if (arithmetic == ElementType.FLOAT64) {
      MemorySegment.copy(memory, ValueLayout.JAVA_DOUBLE_UNALIGNED, offset, to, 0, batch.size);
      return;
    }
    MemorySegment.copy(memory, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, floats, 0, batch.size);
    for (int i = 0; i < batch.size; i++) {
      to[i] = floats[i];
    }
  }

  private void take(MemorySegment memory, ElementType arithmetic, long at, int[] to) {
    long offset = at * arithmetic.bytes();
    if (arithmetic == ElementType.FLOAT32) {
      MemorySegment.copy(memory, ValueLayout.JAVA_INT_UNALIGNED, offset, to, 0, batch.size);
      return;
    }
    MemorySegment.copy(memory, ValueLayout.JAVA_LONG_UNALIGNED, offset, longs, 0, batch.size);
    for (int i = 0; i < batch.size; i++) {
      to[i] = (int) longs[i];
    }
  }
}
