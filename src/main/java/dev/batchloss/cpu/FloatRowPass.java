package dev.batchloss.cpu;

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
 * {@link SegmentStatistics#LAG}. What is left of a row after whole virtual vectors is a block of
 * its own, padded with −infinity.
 */
final class FloatRowPass implements BatchPass, SegmentPass {
  private static final int BLOCK = 1024;

  /** What the shift is first taken from: more only matters where the row rises by more than LAG. */
  private static final int FIRST_LOOK = 64;

  private static final float[] NO_TAIL = {};

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
  private final double[] shifted;
  private final double[] shifts;
  private final BlockSums sums = new BlockSums();
  private final SegmentStatistics segment = new SegmentStatistics();
  private final SegmentStatistics total = new SegmentStatistics();
  private final GradientScalars scalars = new GradientScalars();
  private final float[] paddedTail = new float[Lanes.FLOATS];
  private float[] block = inputBlock;
  private int blockOffset;
  private float[] tail = NO_TAIL;

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
    int whole = load(start, c, n);
    sumExp(whole, into);
    float shift = (float) into.shift;
    into.sum += sums.sum;
    if (call.needs.maximum()) {
      into.maximum = Math.max(into.maximum, sums.floatMaximum());
    }
    if (call.needs.entropyMoment() || call.needs.squares()) {
      FloatKernel.moments(block, blockOffset, whole, tail, shift, scale, sums);
      into.entropyMoment += sums.entropyMoment;
      into.squareSum += sums.squareSum;
    }
    if (call.needs.rank() && !rows.ignored[i]) {
      float target = (float) element(rows, i);
      int before = Math.clamp(rows.target[i] - (long) c, 0, n);
      into.above += countBefore(whole, target, before);
    }
    if (soft != null) {
      soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        float x = j < whole ? block[blockOffset + j] : tail[j - whole];
        shifted[j] = ((double) x - shift) * scale;
      }
      soft.add(into, c, n, shifted);
    }
    if (call.needs.classMoment()) {
      // Padding counts for nothing: at the shift its distance is 0.
      Arrays.fill(tail, n - whole, tail.length, shift);
      into.classMass += call.classWeightSum(c, c + n);
      into.classMoment += classMoment(whole, c, shift);
    }
  }

  /** Sums a block, first with the shift as it is, again if that turns out to lag behind. */
  private void sumExp(int whole, SegmentStatistics into) {
    if (!into.started) {
      float greatest =
          whole == 0
              ? FloatKernel.maximum(tail, 0, tail.length)
              : FloatKernel.maximum(block, blockOffset, Math.min(whole, FIRST_LOOK));
      if (greatest > Float.NEGATIVE_INFINITY) {
        into.moveShift(greatest);
      }
    }
    float shift = (float) into.shift;
    float limit = (float) into.lagLimit();
    FloatKernel.sumExp(block, blockOffset, whole, tail, shift, scale, limit, sums);
    if (sums.exceeds) {
      into.moveShift(sums.floatMaximum());
      shift = (float) into.shift;
      FloatKernel.sumExp(block, blockOffset, whole, tail, shift, scale, limit, sums);
    }
  }

  private double classMoment(int whole, int c, float shift) {
    return call.floatClassWeights == null
        ? FloatKernel.sumShifted(block, blockOffset, whole, tail, shift, scale, sums)
        : FloatKernel.sumWeighted(
            block, blockOffset, whole, tail, call.floatClassWeights, c, shift, scale, sums);
  }

  /** How many elements are above the target, or equal to it among the first {@code before}. */
  private int countBefore(int whole, float target, int before) {
    return FloatKernel.countAbove(block, blockOffset, whole, target)
        + FloatKernel.countAbove(tail, 0, tail.length, target)
        + FloatKernel.countEqual(block, blockOffset, Math.min(before, whole), target)
        + FloatKernel.countEqual(tail, 0, Math.max(0, before - whole), target);
  }

  /** The place of the first element with this value among {@code n} from class {@code c} on. */
  private int find(long start, int c, int n, double value) {
    int whole = load(start, c, n);
    int place = 0;
    while ((place < whole ? block[blockOffset + place] : tail[place - whole]) != value) {
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
          FloatKernel.logSoftmax(
              block,
              blockOffset,
              array,
              offset,
              padded,
              shift,
              scale,
              (float) rows.logNormalizer[i]);
        } else {
          FloatKernel.gradient(block, blockOffset, array, offset, padded, shift, scale, scalars);
        }
        if (classShare != 0 && call.floatClassWeights != null) {
          FloatKernel.subtractWeighted(
              array, offset, padded, call.floatClassWeights, c, (float) classShare);
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

  /**
   * Makes n elements available, as many as whole virtual vectors hold as {@code block} and the
   * others, padded with −infinity, as {@code tail}; returns how many are in the block.
   */
  private int load(long start, int c, int n) {
    int whole = n - n % Lanes.FLOATS;
    if (whole == n) {
      tail = NO_TAIL;
    } else {
      tail = paddedTail;
      Arrays.fill(tail, Float.NEGATIVE_INFINITY);
      input.read(start + c + whole, n - whole, tail, 0);
    }
    if (inputArray != null) {
      block = inputArray;
      blockOffset = inputArrayOffset + (int) (start + c);
    } else {
      block = inputBlock;
      blockOffset = 0;
      input.read(start + c, whole, inputBlock, 0);
    }
    return whole;
  }

  /** Makes n elements available as {@code block}; returns how many there are with padding. */
  private int loadPadded(long start, int c, int n) {
    int whole = load(start, c, n);
    if (whole != n) {
      block = tail;
      blockOffset = 0;
    }
    return whole == n ? n : tail.length;
  }
}
