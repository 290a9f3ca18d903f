package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.COUNT_ABOVE;
import static dev.batchloss.cpu.VectorLoop.COUNT_EQUAL;
import static dev.batchloss.cpu.VectorLoop.GRADIENT;
import static dev.batchloss.cpu.VectorLoop.LOG_SOFTMAX;
import static dev.batchloss.cpu.VectorLoop.MAXIMUM;
import static dev.batchloss.cpu.VectorLoop.MOMENTS;
import static dev.batchloss.cpu.VectorLoop.NATIVE_SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.ORDINARY_SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.SUBTRACT_WEIGHTED;
import static dev.batchloss.cpu.VectorLoop.SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.SUM_SHIFTED;
import static dev.batchloss.cpu.VectorLoop.SUM_WEIGHTED;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;
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
  private static final int BLOCK = 1024;

  /** What the shift is first taken from: more only matters where the row rises by more than LAG. */
  private static final int FIRST_LOOK = 64;

  /** Where a block holds −∞, so many after it are taken to hold some too. */
  private static final int AFTER_EXTRAORDINARY = 63;

  private final Call call;
  private final float scale;
  private final Elements input;
  private final float @Nullable [] inputArray;
  private final int inputArrayOffset;
  private final @Nullable Elements output;
  private final float @Nullable [] outputArray;
  private final int outputArrayOffset;
  private final @Nullable SoftTargets soft;
  private final float[] inputBlock = new float[BLOCK];
  private final float[] outputBlock = new float[BLOCK];
  private final boolean readsOnlyOnce;
  private final double[] shifted;
  private final double[] shifts;
  private final BlockSums sums = new BlockSums();
  private final SegmentStatistics segment = new SegmentStatistics();
  private final SegmentStatistics total = new SegmentStatistics();
  private final GradientScalars scalars = new GradientScalars();
  private float[] block = inputBlock;
  private int blockOffset;
  private int extraordinaryBlocks;

  FloatRowPass(Call call, int batchRows) {
    this.call = call;
    this.scale = (float) call.transform.logitScale();
    this.input = new Elements(call.input, BLOCK);
    this.inputArray = input.floatArray();
    this.inputArrayOffset = input.floatArrayOffset();
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
    this.outputArray =
        output == null || call.output.classStride() != 1 ? null : output.floatArray();
    this.outputArrayOffset = output == null ? 0 : output.floatArrayOffset();
    Matrix targets = call.targetProbabilities();
    this.soft = targets == null ? null : new SoftTargets(call, targets, BLOCK);
    this.shifted = targets == null ? new double[0] : new double[BLOCK];
    this.shifts = new double[batchRows];
    this.readsOnlyOnce =
        input.isNativeFloats()
            && targets == null
            && !call.needs.maximum()
            && !call.needs.entropyMoment()
            && !call.needs.squares()
            && !call.needs.rank()
            && !call.needs.classMoment();
  }

  @Override
  public void reduce(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
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
    into.reset(scale);
    for (int c = from; c < to; ) {
      int n = Math.min(BLOCK, to - c);
      double before = into.maximum;
      reduceBlock(rows, i, start, c, n, into);
      argmaxBlock = into.maximum > before ? c : argmaxBlock;
      c += n;
    }
    if (call.needs.argmax()) {
      into.argmax = argmaxBlock;
      if (into.maximum > Double.NEGATIVE_INFINITY) {
        into.argmax += find(start, argmaxBlock, Math.min(BLOCK, to - argmaxBlock), into.maximum);
      }
    }
  }

  @Override
  public void finishRow(RowStatistics rows, int i, SegmentStatistics sumsOfRow) {
    boolean needsTarget = call.needs.target() && !rows.ignored[i];
    double target = needsTarget ? element(rows, i) : 0;
    sumsOfRow.store(rows, i, target);
    shifts[i] = sumsOfRow.shift;
  }

  private void reduceBlock(
      RowStatistics rows, int i, long start, int c, int n, SegmentStatistics into) {
    if (readsOnlyOnce && n % Lanes.FLOATS == 0 && sumNative(start, c, n, into)) {
      into.sum += sums.sum;
      return;
    }
    load(start, c, n);
    sumExp(n, into);
    float shift = (float) into.shift;
    into.sum += sums.sum;
    if (call.needs.maximum()) {
      into.maximum = Math.max(into.maximum, sums.floatMaximum());
    }
    if (call.needs.entropyMoment() || call.needs.squares()) {
      FloatLoops.moments(MOMENTS.isCompiled(n), block, blockOffset, n, shift, scale, sums);
      into.entropyMoment += sums.entropyMoment;
      into.squareSum += sums.squareSum;
    }
    if (call.needs.rank() && !rows.ignored[i]) {
      float target = (float) element(rows, i);
      int before = Math.clamp(rows.target[i] - (long) c, 0, n);
      into.above += countBefore(n, target, before);
    }
    if (soft != null) {
      soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        float x = block[blockOffset + j];
        shifted[j] = ((double) x - shift) * scale;
      }
      soft.add(into, c, n, shifted);
    }
    if (call.needs.classMoment()) {
      into.classMass += call.classWeightSum(c, c + n);
      into.classMoment += classMoment(n, c, shift);
    }
  }

  /** Sums a block where it lies in native memory, if it is an ordinary one. */
  private boolean sumNative(long start, int c, int n, SegmentStatistics into) {
    return into.started
        && extraordinaryBlocks == 0
        && NATIVE_SUM_EXP.isCompiled(n)
        && FloatSumExp.sum(
            call.input.segment(), (start + c) * Float.BYTES, n, (float) into.shift, scale, sums);
  }

  /** Sums a block, first with the shift as it is, again if that turns out to lag behind. */
  private void sumExp(int n, SegmentStatistics into) {
    if (!into.started) {
      int k = Math.min(n, FIRST_LOOK);
      float greatest = FloatLoops.maximum(MAXIMUM.isCompiled(k), block, blockOffset, k);
      if (greatest > Float.NEGATIVE_INFINITY) {
        into.moveShift(greatest);
      }
    }
    float shift = (float) into.shift;
    boolean isOrdinary = into.started && !call.needs.maximum() && extraordinaryBlocks == 0;
    extraordinaryBlocks = Math.max(0, extraordinaryBlocks - 1);
    if (isOrdinary && ORDINARY_SUM_EXP.isCompiled(n)) {
      if (FloatSumExp.sum(block, blockOffset, n, shift, scale, sums)) {
        return;
      }
      extraordinaryBlocks = Double.isNaN(sums.sum) ? AFTER_EXTRAORDINARY : 0;
      isOrdinary = false;
    }
    // What only waits for the other loop is no reason to have this one compiled.
    boolean onVectors = !isOrdinary && SUM_EXP.isCompiled(n);
    float limit = (float) into.lagLimit();
    FloatLoops.sumExp(onVectors, block, blockOffset, n, shift, scale, limit, sums);
    if (sums.exceeds) {
      into.moveShift(sums.floatMaximum());
      shift = (float) into.shift;
      FloatLoops.sumExp(onVectors, block, blockOffset, n, shift, scale, limit, sums);
    }
  }

  private double classMoment(int n, int c, float shift) {
    return call.floatClassWeights == null
        ? FloatLoops.sumShifted(
            SUM_SHIFTED.isCompiled(n), block, blockOffset, n, shift, scale, sums)
        : FloatLoops.sumWeighted(
            SUM_WEIGHTED.isCompiled(n),
            block,
            blockOffset,
            n,
            call.floatClassWeights,
            c,
            shift,
            scale,
            sums);
  }

  /** How many elements are above the target, or equal to it among the first {@code before}. */
  private int countBefore(int n, float target, int before) {
    return FloatLoops.countAbove(COUNT_ABOVE.isCompiled(n), block, blockOffset, n, target)
        + FloatLoops.countEqual(COUNT_EQUAL.isCompiled(before), block, blockOffset, before, target);
  }

  /** The place of the first element with this value among {@code n} from class {@code c} on. */
  private int find(long start, int c, int n, double value) {
    load(start, c, n);
    int place = 0;
    while (block[blockOffset + place] != value) {
      place++;
    }
    return place;
  }

  @Override
  public void write(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      for (int from = 0; from < call.classes; from += Call.SEGMENT) {
        writeSegment(rows, i, from, shifts[i]);
      }
    }
  }

  @Override
  public void writeSegment(RowStatistics rows, int i, int from, double rowShift) {
    float shift = (float) rowShift;
    Elements to = Objects.requireNonNull(output);
    long row = rows.firstRow + i;
    long start = call.input.rowOffset(row);
    long outputStart = to.matrix().rowOffset(row);
    int end = Math.min(call.classes, from + Call.SEGMENT);
    boolean gradient = call.outputKind == MatrixOutput.GRADIENT;
    boolean zero = gradient && rows.ignored[i];
    if (gradient) {
      scalars.set(rows, i, rows.sum[i], scale);
    } else {
      scalars.setSoftmax(rows.sum[i]);
    }
    double classShare = scalars.k;
    if (call.floatClassWeights != null) {
      scalars.k = 0;
    }
    for (int c = from; c < end; ) {
      int n = blockLength(end - c);
      boolean direct = outputArray != null && n % Lanes.FLOATS == 0;
      float[] array = direct ? outputArray : outputBlock;
      int offset = direct ? outputArrayOffset + (int) (outputStart + c) : 0;
      if (zero) {
        Arrays.fill(array, offset, offset + n, 0);
      } else {
        int padded = loadPadded(start, c, n);
        if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
          FloatLoops.logSoftmax(
              LOG_SOFTMAX.isCompiled(padded),
              block,
              blockOffset,
              array,
              offset,
              padded,
              shift,
              scale,
              (float) rows.logNormalizer[i]);
        } else {
          FloatLoops.gradient(
              GRADIENT.isCompiled(padded),
              block,
              blockOffset,
              array,
              offset,
              padded,
              shift,
              scale,
              scalars);
        }
        if (classShare != 0 && call.floatClassWeights != null) {
          FloatLoops.subtractWeighted(
              SUBTRACT_WEIGHTED.isCompiled(padded),
              array,
              offset,
              padded,
              call.floatClassWeights,
              c,
              (float) classShare);
        }
        if (scalars.h != 0 && soft != null) {
          double[] q = soft.read(row, c, n);
          for (int j = 0; j < n; j++) {
            array[offset + j] -= (float) (scalars.h * call.classWeight(c + j) * q[j]);
          }
        }
      }
      if (!direct) {
        to.writeRow(row, c, n, outputBlock);
      }
      c += n;
    }
    int target = rows.target[i];
    if (gradient && !zero && call.needs.target() && target >= from && target < end) {
      double derivative = call.transform.logitScale();
      to.set(
          outputStart + target * to.matrix().classStride(),
          call.targetGradient(rows, i, derivative));
    }
  }

  private double element(RowStatistics rows, int i) {
    return input.get(call.input.rowOffset(rows.firstRow + i) + rows.target[i]);
  }

  /** Whole virtual vectors as long as there are any, then the rest. */
  private static int blockLength(int left) {
    if (left >= BLOCK) {
      return BLOCK;
    }
    int whole = left - left % Lanes.FLOATS;
    return whole == 0 ? left : whole;
  }

  /** Makes n elements available as {@code block}. */
  private void load(long start, int c, int n) {
    if (inputArray != null) {
      block = inputArray;
      blockOffset = inputArrayOffset + (int) (start + c);
      return;
    }
    block = inputBlock;
    blockOffset = 0;
    input.read(start + c, n, inputBlock, 0);
  }

  /** Likewise where whole virtual vectors may be read; returns how many elements those have. */
  private int loadPadded(long start, int c, int n) {
    load(start, c, n);
    int padded = paddedLength(n);
    if (padded != n && inputArray != null) {
      System.arraycopy(block, blockOffset, inputBlock, 0, n);
      block = inputBlock;
      blockOffset = 0;
    }
    return padded;
  }

  private static int paddedLength(int n) {
    return (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
  }
}
