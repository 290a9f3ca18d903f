package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.COUNT_ABOVE;
import static dev.batchloss.cpu.VectorLoop.COUNT_EQUAL;
import static dev.batchloss.cpu.VectorLoop.MAXIMUM;
import static dev.batchloss.cpu.VectorLoop.MOMENTS;
import static dev.batchloss.cpu.VectorLoop.ORDINARY_MOMENTS;
import static dev.batchloss.cpu.VectorLoop.ORDINARY_SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.SUM_SHIFTED;
import static dev.batchloss.cpu.VectorLoop.SUM_WEIGHTED;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.RowStatistics;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows of FLOAT32 and 16-bit logits, contiguous along the classes, in 32-bit arithmetic. A row is
 * walked in blocks that fit the first-level cache, in place where it lies in a {@code float[]},
 * else copied there block by block.
 *
 * <p>Memory is read once: the sum of a block is taken with the shift of the blocks before it while
 * its maximum is found, and taken again, from the cache, only if the maximum has moved by more than
 * {@link SegmentStatistics#LAG}.
 */
final class FloatRowPass implements BatchPass, SegmentPass {
  private static final int BLOCK = FloatBlocks.LENGTH;

  /** The maximum is looked for in so many elements at once. */
  private static final int FIND_STEP = 64;

  /** What the shift is first taken from: more only matters where the row rises by more than LAG. */
  static final int FIRST_LOOK = 64;

  /** Where a block holds −∞, so many after it are taken to hold some too. */
  private static final int AFTER_EXTRAORDINARY = 63;

  private final Call call;
  private final float scale;
  private final FloatBlocks input;
  private final @Nullable SoftTargets soft;
  private final @Nullable FloatRowWriter writer;
  private final @Nullable RowLanes lanes;
  private final boolean needsMoments;
  private final boolean needsEveryElement;
  private final double[] shifted;
  private double[] shifts;
  private double[] writtenShifts;
  private final BlockSums sums = new BlockSums();
  private final SegmentStatistics segment = new SegmentStatistics();
  private final SegmentStatistics total = new SegmentStatistics();
  private int extraordinaryBlocks;

  /** Whether a row is being written while another is reduced. */
  private boolean writesBeside;

  FloatRowPass(Call call, int batchRows) {
    this.call = call;
    this.scale = (float) call.transform.logitScale();
    this.input = new FloatBlocks(call.input);
    Matrix targets = call.targetProbabilities();
    this.soft = targets == null ? null : new SoftTargets(call, targets, BLOCK);
    this.writer = call.output == null ? null : new FloatRowWriter(call, input, soft);
    this.shifted = targets == null ? new double[0] : new double[BLOCK];
    this.shifts = new double[batchRows];
    this.writtenShifts = writer == null ? shifts : new double[batchRows];
    float[] array = input.array();
    this.lanes =
        array != null && RowLanes.takes(call)
            ? new RowLanes(call, input, array, scale, batchRows)
            : null;
    this.needsMoments = call.needs.entropyMoment() || call.needs.squares();
    this.needsEveryElement = needsMoments || targets != null || call.needs.classMoment();
  }

  @Override
  public void reduce(RowStatistics rows) {
    if (lanes != null && extraordinaryBlocks == 0 && lanes.isCompiled()) {
      reduceFromLanes(rows, lanes);
      return;
    }
    for (int i = 0; i < rows.size; i++) {
      reduceRow(rows, i);
    }
  }

  private void reduceFromLanes(RowStatistics rows, RowLanes lanesOfRows) {
    lanesOfRows.fill(rows, shifts);
    for (int i = 0; i < rows.size; i++) {
      if (lanesOfRows.sum(rows, i)) {
        rows.shift[i] = shifts[i] * scale;
        rows.targetShifted[i] = (target(rows, i) - shifts[i]) * scale;
      } else {
        reduceRow(rows, i);
      }
    }
  }

  private void reduceRow(RowStatistics rows, int i) {
    if (call.reads(rows, i)) {
      startRow(rows, i);
      reduceSegment(rows, i, 0, total);
      for (int from = Call.SEGMENT; from < call.classes; from += Call.SEGMENT) {
        reduceSegment(rows, i, from, segment);
        total.append(segment);
      }
      finishRow(rows, i, total);
    }
  }

  @Override
  public void startRow(RowStatistics rows, int i) {
    if (soft != null) {
      soft.findTarget(rows, i);
    }
  }

  @Override
  public void reduceSegment(RowStatistics rows, int i, int from, SegmentStatistics into) {
    long row = rows.firstRow + i;
    long start = call.input.rowOffset(row);
    int to = Math.min(call.classes, from + Call.SEGMENT);
    int argmaxBlock = from;
    boolean isRanked = call.needs.rank() && !rows.ignored[i];
    float target = isRanked ? (float) element(rows, i) : Float.NaN;
    into.reset(scale);
    for (int c = from; c < to; ) {
      int n = Math.min(BLOCK, to - c);
      double before = into.maximum;
      reduceBlock(rows, i, start, c, n, target, into);
      argmaxBlock = into.maximum > before ? c : argmaxBlock;
      c += n;
      if (writesBeside) {
        Objects.requireNonNull(writer).writeTo(c);
      }
    }
    if (call.needs.argmax()) {
      into.argmax = argmaxBlock;
      if (into.maximum > Double.NEGATIVE_INFINITY) {
        int n = Math.min(BLOCK, to - argmaxBlock);
        into.argmax += find(start, argmaxBlock, n, (float) into.maximum);
      }
    }
  }

  @Override
  public void finishRow(RowStatistics rows, int i, SegmentStatistics sumsOfRow) {
    sumsOfRow.store(rows, i, target(rows, i));
    shifts[i] = sumsOfRow.shift;
  }

  /** The target's element, if it is needed. */
  private double target(RowStatistics rows, int i) {
    return call.needs.target() && !rows.ignored[i] ? element(rows, i) : 0;
  }

  private void reduceBlock(
      RowStatistics rows, int i, long start, int c, int n, float target, SegmentStatistics into) {
    boolean isUnread = !needsEveryElement && sumUnread(start + c, n, into);
    boolean isOrdinary = isUnread || sumExp(start + c, n, into);
    float shift = (float) into.shift;
    into.sum += sums.sum;
    if (needsMoments) {
      into.entropyMoment += sums.entropyMoment;
      into.squareSum += sums.squareSum;
    }
    if (call.needs.maximum()) {
      if (!isOrdinary) {
        into.maximum = Math.max(into.maximum, sums.floatMaximum());
      } else if (!FloatSumExp.isBelow((float) into.maximum, shift, scale, sums)) {
        if (isUnread) {
          input.load(start + c, n);
          isUnread = false;
        }
        float greatest = FloatLoops.maximum(MAXIMUM.isCompiled(n), input.block, input.offset, n);
        into.maximum = Math.max(into.maximum, greatest);
      }
    }
    if (!Float.isNaN(target) && !(isOrdinary && FloatSumExp.isBelow(target, shift, scale, sums))) {
      if (isUnread) {
        input.load(start + c, n);
      }
      int before = Math.clamp(rows.target[i] - (long) c, 0, n);
      into.above += countBefore(n, target, before);
    }
    if (soft != null) {
      soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        float x = input.block[input.offset + j];
        shifted[j] = ((double) x - shift) * scale;
      }
      soft.add(into, c, n, shifted);
    }
    if (call.needs.classMoment()) {
      into.classMass += call.classWeightSum(c, c + n);
      into.classMoment += classMoment(n, c, shift);
    }
  }

  /** Sums a block where it lies, if it can be and is an ordinary one. */
  private boolean sumUnread(long start, int n, SegmentStatistics into) {
    return extraordinaryBlocks == 0
        && input.mayBeSummedUnread(n)
        && hasStarted(start, n, into)
        && input.sumUnread(start, n, (float) into.shift, scale, sums);
  }

  /** Whether there is a shift, from the beginning of this block if it is the first. */
  private boolean hasStarted(long start, int n, SegmentStatistics into) {
    if (!into.started) {
      int k = Math.min(n, FIRST_LOOK);
      input.load(start, k);
      float greatest = FloatLoops.maximum(MAXIMUM.isCompiled(k), input.block, input.offset, k);
      if (greatest > Float.NEGATIVE_INFINITY) {
        into.moveShift(greatest);
      }
    }
    return into.started;
  }

  /**
   * Sums a block, first with the shift as it is, again if that turns out to lag behind. Returns
   * whether it is an ordinary one, whose maxima {@link FloatSumExp} has not left.
   */
  private boolean sumExp(long start, int n, SegmentStatistics into) {
    boolean isOrdinary = hasStarted(start, n, into) && extraordinaryBlocks == 0;
    input.load(start, n);
    float[] block = input.block;
    int offset = input.offset;
    float shift = (float) into.shift;
    VectorLoop ordinaryLoop = needsMoments ? ORDINARY_MOMENTS : ORDINARY_SUM_EXP;
    extraordinaryBlocks = Math.max(0, extraordinaryBlocks - 1);
    if (isOrdinary && ordinaryLoop.isCompiled(n)) {
      if (sumOrdinary(block, offset, n, shift)) {
        return true;
      }
      extraordinaryBlocks = Double.isNaN(sums.sum) ? AFTER_EXTRAORDINARY : 0;
      isOrdinary = false;
    }
    // What only waits for the other loop is no reason to have this one compiled.
    boolean onVectors = !isOrdinary && SUM_EXP.isCompiled(n);
    float limit = (float) into.lagLimit();
    FloatLoops.sumExp(onVectors, block, offset, n, shift, scale, limit, sums);
    if (sums.exceeds) {
      into.moveShift(sums.floatMaximum());
      shift = (float) into.shift;
      FloatLoops.sumExp(onVectors, block, offset, n, shift, scale, limit, sums);
    }
    if (needsMoments) {
      onVectors = !isOrdinary && MOMENTS.isCompiled(n);
      FloatLoops.moments(onVectors, block, offset, n, shift, scale, sums);
    }
    return false;
  }

  private boolean sumOrdinary(float[] block, int offset, int n, float shift) {
    if (needsMoments) {
      return FloatSumExp.sumAndMoments(block, offset, n, shift, scale, sums);
    }
    if (writesBeside && writer != null && writer.mayBeWrittenBesideSum(n)) {
      return SumBesideGradient.sum(block, offset, n, shift, scale, sums, writer.leave(n));
    }
    return FloatSumExp.sum(block, offset, n, shift, scale, sums);
  }

  private double classMoment(int n, int c, float shift) {
    return call.floatClassWeights == null
        ? FloatLoops.sumShifted(
            SUM_SHIFTED.isCompiled(n), input.block, input.offset, n, shift, scale, sums)
        : FloatLoops.sumWeighted(
            SUM_WEIGHTED.isCompiled(n),
            input.block,
            input.offset,
            n,
            call.floatClassWeights,
            c,
            shift,
            scale,
            sums);
  }

  /** How many elements are above the target, or equal to it among the first {@code before}. */
  private int countBefore(int n, float target, int before) {
    float[] block = input.block;
    int offset = input.offset;
    if (before == n && target > Float.NEGATIVE_INFINITY) {
      float lower = Math.nextDown(target);
      return FloatLoops.countAbove(COUNT_ABOVE.isCompiled(n), block, offset, n, lower);
    }
    return FloatLoops.countAbove(COUNT_ABOVE.isCompiled(n), block, offset, n, target)
        + FloatLoops.countEqual(COUNT_EQUAL.isCompiled(before), block, offset, before, target);
  }

  /** The place of the first element with this value among {@code n} from class {@code c} on. */
  private int find(long start, int c, int n, float value) {
    input.load(start + c, n);
    int place = 0;
    while (countEqual(place, Math.min(FIND_STEP, n - place), value) == 0) {
      place += FIND_STEP;
    }
    while (input.block[input.offset + place] != value) {
      place++;
    }
    return place;
  }

  private int countEqual(int from, int n, float value) {
    return FloatLoops.countEqual(
        COUNT_EQUAL.isCompiled(n), input.block, input.offset + from, n, value);
  }

  @Override
  public void write(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      writeRow(rows, i, shifts);
    }
  }

  private void writeRow(RowStatistics rows, int i, double[] shiftOfRow) {
    for (int from = 0; from < call.classes; from += Call.SEGMENT) {
      writeSegment(rows, i, from, shiftOfRow[i]);
    }
  }

  @Override
  public boolean writesBesideReducing() {
    return writer != null && writer.gainsFromReading() && soft == null && !needsMoments;
  }

  @Override
  public void writeBesideReducing(RowStatistics written, RowStatistics reduced) {
    FloatRowWriter rowWriter = Objects.requireNonNull(writer);
    double[] shiftsOfWritten = shifts;
    shifts = writtenShifts;
    writtenShifts = shiftsOfWritten;
    for (int i = 0; i < Math.max(written.size, reduced.size); i++) {
      boolean isWritten = i < written.size;
      boolean isReduced = i < reduced.size && call.reads(reduced, i);
      if (isWritten && isReduced) {
        rowWriter.start(written, i, 0, call.classes, (float) shiftsOfWritten[i]);
        writesBeside = true;
        reduceRow(reduced, i);
        writesBeside = false;
        rowWriter.finish();
      } else if (isWritten) {
        writeRow(written, i, shiftsOfWritten);
      } else if (isReduced) {
        reduceRow(reduced, i);
      }
    }
  }

  @Override
  public void writeSegment(RowStatistics rows, int i, int from, double shift) {
    Objects.requireNonNull(writer).writeSegment(rows, i, from, (float) shift);
  }

  private double element(RowStatistics rows, int i) {
    return input.get(call.input.rowOffset(rows.firstRow + i) + rows.target[i]);
  }
}
