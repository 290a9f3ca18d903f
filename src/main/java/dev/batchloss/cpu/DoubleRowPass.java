package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are contiguous along the classes, in 64-bit arithmetic: FLOAT64, and log-probabilities
 * and capped logits of every element type, for whose precision 32 bits do not suffice. Otherwise as
 * {@link FloatRowPass}; log-probabilities have the shift 0.
 */
final class DoubleRowPass implements BatchPass, SegmentPass {
  private static final int BLOCK = 512;

  /** Where a block holds −∞, so many after it are taken to hold some too. */
  private static final int AFTER_EXTRAORDINARY = 63;

  /** What the shift is first taken from: more only matters where the row rises by more than LAG. */
  private static final int FIRST_LOOK = 64;

  private final Call call;
  private final Softcap softcap;
  private final double scale;
  private final Elements input;
  private final double @Nullable [] inputArray;
  private final int inputArrayOffset;
  private final @Nullable Elements output;
  private final double @Nullable [] outputArray;
  private final int outputArrayOffset;
  private final @Nullable SoftTargets soft;
  private final double[] inputBlock = new double[BLOCK];
  private final double[] outputBlock = new double[BLOCK];
  private final boolean needsMoments;
  private final double[] shifted;
  private final double[] shifts;
  private final BlockSums sums = new BlockSums();
  private final SegmentStatistics segment = new SegmentStatistics();
  private final SegmentStatistics total = new SegmentStatistics();
  private final GradientScalars scalars = new GradientScalars();
  private double[] block = inputBlock;
  private int blockOffset;
  private int extraordinaryBlocks;

  DoubleRowPass(Call call, int batchRows) {
    this.call = call;
    this.softcap = new Softcap(call.transform);
    this.scale = softcap.scale();
    this.input = new Elements(call.input, BLOCK);
    this.inputArray = softcap.isPresent() ? null : input.doubleArray();
    this.inputArrayOffset = input.doubleArrayOffset();
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
    boolean mayBeDirect = output != null && !softcap.isPresent() && call.output.classStride() == 1;
    this.outputArray = mayBeDirect ? output.doubleArray() : null;
    this.outputArrayOffset = output == null ? 0 : output.doubleArrayOffset();
    Matrix targets = call.targetProbabilities();
    this.soft = targets == null ? null : new SoftTargets(call, targets, BLOCK);
    this.shifted = targets == null ? new double[0] : new double[BLOCK];
    this.shifts = new double[batchRows];
    this.needsMoments = call.needs.entropyMoment() || call.needs.squares();
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
    long start = call.input.rowOffset(rows.firstRow + i);
    int to = Math.min(call.classes, from + Call.SEGMENT);
    int argmaxBlock = from;
    into.reset(scale);
    if (!call.transform.normalizesByLogSumExp()) {
      into.startAt(0);
    }
    if (!readsRow()) {
      return;
    }
    double target = call.needs.rank() && !rows.ignored[i] ? element(rows, i) : Double.NaN;
    for (int c = from; c < to; ) {
      int n = Math.min(BLOCK, to - c);
      double before = into.maximum;
      reduceBlock(rows, i, start, c, n, target, into);
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
    sumsOfRow.store(rows, i, needsTarget ? element(rows, i) : 0);
    shifts[i] = sumsOfRow.shift;
  }

  private void reduceBlock(
      RowStatistics rows, int i, long start, int c, int n, double target, SegmentStatistics into) {
    load(start, c, n);
    boolean isOrdinary = sumExp(n, into);
    double shift = into.shift;
    into.sum += sums.sum;
    if (needsMoments) {
      into.entropyMoment += sums.entropyMoment;
      into.squareSum += sums.squareSum;
    }
    if (call.needs.maximum()) {
      if (!isOrdinary) {
        into.maximum = Math.max(into.maximum, sums.doubleMaximum());
      } else if (!DoubleSumExp.isBelow(into.maximum, shift, scale, sums)) {
        into.maximum = Math.max(into.maximum, DoubleKernel.maximum(block, blockOffset, n));
      }
    }
    if (!Double.isNaN(target)
        && !(isOrdinary && DoubleSumExp.isBelow(target, shift, scale, sums))) {
      int before = Math.clamp(rows.target[i] - (long) c, 0, n);
      into.above += countBefore(n, target, before);
    }
    if (soft != null) {
      soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        double x = block[blockOffset + j];
        shifted[j] = (x - shift) * scale;
      }
      soft.add(into, c, n, shifted);
    }
    if (call.needs.classMoment()) {
      into.classMass += call.classWeightSum(c, c + n);
      into.classMoment += classMoment(n, c, shift);
    }
  }

  /**
   * Sums a block, first with the shift as it is, again if that turns out to lag behind. Returns
   * whether it is an ordinary one, whose maxima {@link DoubleSumExp} has not left.
   */
  private boolean sumExp(int n, SegmentStatistics into) {
    if (!into.started) {
      double greatest = DoubleKernel.maximum(block, blockOffset, Math.min(n, FIRST_LOOK));
      if (greatest > Double.NEGATIVE_INFINITY) {
        into.moveShift(greatest);
      }
    }
    double shift = into.shift;
    boolean isOrdinary = into.started && extraordinaryBlocks == 0;
    extraordinaryBlocks = Math.max(0, extraordinaryBlocks - 1);
    if (isOrdinary) {
      boolean isSum =
          needsMoments
              ? DoubleSumExp.sumAndMoments(block, blockOffset, n, shift, scale, sums)
              : DoubleSumExp.sum(block, blockOffset, n, shift, scale, sums);
      if (isSum) {
        return true;
      }
      extraordinaryBlocks = Double.isNaN(sums.sum) ? AFTER_EXTRAORDINARY : 0;
    }
    double limit = into.lagLimit();
    DoubleKernel.sumExp(block, blockOffset, n, shift, scale, limit, sums);
    if (sums.exceeds && call.transform.normalizesByLogSumExp()) {
      into.moveShift(sums.doubleMaximum());
      shift = into.shift;
      DoubleKernel.sumExp(block, blockOffset, n, shift, scale, limit, sums);
    }
    if (needsMoments) {
      DoubleKernel.moments(block, blockOffset, n, shift, scale, sums);
    }
    return false;
  }

  private double classMoment(int n, int c, double shift) {
    return call.classWeights == null
        ? DoubleKernel.sumShifted(block, blockOffset, n, shift, scale, sums)
        : DoubleKernel.sumWeighted(block, blockOffset, n, call.classWeights, c, shift, scale, sums);
  }

  /** How many elements are above the target, or equal to it among the first {@code before}. */
  private int countBefore(int n, double target, int before) {
    if (before == n && target > Double.NEGATIVE_INFINITY) {
      return DoubleKernel.countAbove(block, blockOffset, n, Math.nextDown(target));
    }
    return DoubleKernel.countAbove(block, blockOffset, n, target)
        + DoubleKernel.countEqual(block, blockOffset, before, target);
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
  public void writeSegment(RowStatistics rows, int i, int from, double shift) {
    Elements to = Objects.requireNonNull(output);
    long row = rows.firstRow + i;
    long start = call.input.rowOffset(row);
    long outputStart = to.matrix().rowOffset(row);
    int end = Math.min(call.classes, from + Call.SEGMENT);
    boolean gradient = call.outputKind == MatrixOutput.GRADIENT;
    boolean zero = gradient && rows.ignored[i];
    double normalizer = call.transform.normalizesByLogSumExp() ? rows.sum[i] : 1;
    if (gradient) {
      scalars.set(rows, i, normalizer, scale);
    } else {
      scalars.setSoftmax(normalizer);
    }
    double classShare = scalars.k;
    if (call.classWeights != null) {
      scalars.k = 0;
    }
    // Of the target only its z is left once the row has been overwritten.
    double targetGradient =
        gradient && !zero && call.needs.target() ? targetGradient(rows, i, shift) : 0;
    for (int c = from; c < end; ) {
      int n = blockLength(end - c);
      boolean direct = outputArray != null && n % Lanes.DOUBLES == 0;
      double[] array = direct ? outputArray : outputBlock;
      int offset = direct ? outputArrayOffset + (int) (outputStart + c) : 0;
      if (zero) {
        Arrays.fill(array, offset, offset + n, 0);
      } else {
        int padded = loadPadded(start, c, n);
        writeBlock(rows, i, c, n, padded, array, offset, shift, classShare);
      }
      if (!direct) {
        to.writeRow(row, c, n, outputBlock);
      }
      c += n;
    }
    int target = rows.target[i];
    if (gradient && !zero && call.needs.target() && target >= from && target < end) {
      to.set(outputStart + target * to.matrix().classStride(), targetGradient);
    }
  }

  private void writeBlock(
      RowStatistics rows,
      int i,
      int c,
      int n,
      int padded,
      double[] to,
      int offset,
      double shift,
      double classShare) {
    if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
      DoubleKernel.logSoftmax(
          block, blockOffset, to, offset, padded, shift, scale, rows.logNormalizer[i]);
      return;
    }
    if (call.outputKind == MatrixOutput.GRADIENT && !call.gradientTakesExponentials) {
      Arrays.fill(to, offset, offset + padded, -scalars.k);
    } else {
      DoubleKernel.gradient(block, blockOffset, to, offset, padded, shift, scale, scalars);
    }
    if (classShare != 0 && call.classWeights != null) {
      DoubleKernel.subtractWeighted(to, offset, padded, call.classWeights, c, classShare);
    }
    if (scalars.h != 0 && soft != null) {
      double[] q = soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        to[offset + j] -= scalars.h * call.classWeight(c + j) * q[j];
      }
    }
    if (call.outputKind == MatrixOutput.GRADIENT && softcap.isPresent()) {
      softcap.multiplyByDerivative(block, to, n);
    }
  }

  private double targetGradient(RowStatistics rows, int i, double shift) {
    double derivative =
        softcap.isPresent() ? softcap.derivative(rows.targetShifted[i] + shift) : scale;
    return call.targetGradient(rows, i, derivative);
  }

  private double element(RowStatistics rows, int i) {
    return softcap.apply(input.get(call.input.rowOffset(rows.firstRow + i) + rows.target[i]));
  }

  /** Whether anything is needed beyond the target's own element. */
  private boolean readsRow() {
    return call.needs.logSumExp() || call.needs.classMoment() || soft != null;
  }

  /** Whole virtual vectors as long as there are any, then the rest. */
  private static int blockLength(int left) {
    if (left >= BLOCK) {
      return BLOCK;
    }
    int whole = left - left % Lanes.DOUBLES;
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
    softcap.apply(inputBlock, paddedLength(n));
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
    return (n + Lanes.DOUBLES - 1) / Lanes.DOUBLES * Lanes.DOUBLES;
  }
}
