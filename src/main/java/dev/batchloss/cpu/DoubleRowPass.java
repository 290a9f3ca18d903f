package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;
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

  private final Call call;
  private final Softcap softcap;
  private final double scale;
  private final Elements input;
  private final double @Nullable [] inputArray;
  private final int inputArrayOffset;
  private final @Nullable Elements output;
  private final @Nullable SoftTargets soft;
  private final double[] inputBlock = new double[BLOCK];
  private final double[] outputBlock = new double[BLOCK];
  private final double[] shifted;
  private final double[] shifts;
  private final BlockSums sums = new BlockSums();
  private final SegmentStatistics segment = new SegmentStatistics();
  private final SegmentStatistics total = new SegmentStatistics();
  private final GradientScalars scalars = new GradientScalars();
  private double[] block = inputBlock;
  private int blockOffset;

  DoubleRowPass(Call call, int batchRows) {
    this.call = call;
    this.softcap = new Softcap(call.transform);
    this.scale = softcap.scale();
    this.input = new Elements(call.input, BLOCK);
    boolean direct =
        !softcap.isPresent()
            && call.input.type() == ElementType.FLOAT64
            && call.input.segment().address() % Double.BYTES == 0;
    this.inputArray = direct && call.input.array() instanceof double[] array ? array : null;
    this.inputArrayOffset =
        inputArray == null ? 0 : (int) (call.input.segment().address() / Double.BYTES);
    this.output = call.output == null ? null : new Elements(call.output, BLOCK);
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
        total.reset(scale);
        for (int from = 0; from < call.classes; from += Call.SEGMENT) {
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
      int n = blockLength(to - c);
      double before = into.maximum;
      reduceBlock(rows, i, start, c, n, target, into);
      if (into.maximum > before) {
        argmaxBlock = c;
      }
      c += n;
    }
    if (call.needs.argmax()) {
      into.argmax = argmaxBlock;
      if (into.maximum > Double.NEGATIVE_INFINITY) {
        load(start, argmaxBlock, blockLength(to - argmaxBlock));
        while (block[blockOffset + into.argmax - argmaxBlock] != into.maximum) {
          into.argmax++;
        }
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
    int padded = load(start, c, n);
    if (!into.started) {
      double greatest = DoubleKernel.maximum(block, blockOffset, padded);
      if (greatest > Double.NEGATIVE_INFINITY) {
        into.moveShift(greatest);
      }
    }
    DoubleKernel.sumExp(block, blockOffset, padded, into.shift, scale, sums);
    boolean moves = call.transform.normalizesByLogSumExp() && into.started;
    if (moves && into.lagsBehind(sums.maximum)) {
      into.moveShift(sums.maximum);
      DoubleKernel.sumExp(block, blockOffset, padded, into.shift, scale, sums);
    }
    double shift = into.shift;
    into.sum += sums.sum;
    into.maximum = Math.max(into.maximum, sums.maximum);
    if (call.needs.entropyMoment() || call.needs.squares()) {
      DoubleKernel.moments(block, blockOffset, padded, shift, scale, sums);
      into.entropyMoment += sums.entropyMoment;
      into.squareSum += sums.squareSum;
    }
    if (call.needs.rank()) {
      into.above += DoubleKernel.countAbove(block, blockOffset, padded, target);
      int before = Math.clamp(rows.target[i] - (long) c, 0, n);
      into.above += DoubleKernel.countEqual(block, blockOffset, before, target);
    }
    if (soft != null) {
      soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        shifted[j] = (block[blockOffset + j] - shift) * scale;
      }
      soft.add(into, c, n, shifted);
    }
    if (call.needs.classMoment()) {
      // Padding counts for nothing: at the shift its distance is 0.
      Arrays.fill(block, blockOffset + n, blockOffset + padded, shift);
      into.classMass += call.classWeightSum(c, c + n);
      into.classMoment +=
          call.classWeights == null
              ? DoubleKernel.sumShifted(block, blockOffset, padded, shift, scale, sums)
              : DoubleKernel.sumWeighted(
                  block, blockOffset, padded, call.classWeights, c, shift, scale, sums);
    }
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
    double targetGradient = gradient && !zero && soft == null ? targetGradient(rows, i, shift) : 0;
    for (int c = from; c < end; ) {
      int n = blockLength(end - c);
      if (zero) {
        Arrays.fill(outputBlock, 0, n, 0);
      } else {
        int padded = load(start, c, n);
        writeBlock(row, c, n, padded, shift, rows.logNormalizer[i], classShare);
      }
      to.write(outputStart + c, n, outputBlock, 0);
      c += n;
    }
    int target = rows.target[i];
    if (gradient && !zero && soft == null && target >= from && target < end) {
      to.set(outputStart + target, targetGradient);
    }
  }

  private void writeBlock(
      long row, int c, int n, int padded, double shift, double logNormalizer, double classShare) {
    if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
      DoubleKernel.logSoftmax(
          block, blockOffset, outputBlock, 0, padded, shift, scale, logNormalizer);
      return;
    }
    DoubleKernel.gradient(block, blockOffset, outputBlock, 0, padded, shift, scale, scalars);
    if (classShare != 0 && call.classWeights != null) {
      DoubleKernel.subtractWeighted(outputBlock, 0, padded, call.classWeights, c, classShare);
    }
    if (scalars.h != 0 && soft != null) {
      double[] q = soft.read(row, c, n);
      for (int j = 0; j < n; j++) {
        outputBlock[j] -= scalars.h * call.classWeight(c + j) * q[j];
      }
    }
    if (call.outputKind == MatrixOutput.GRADIENT) {
      softcap.multiplyByDerivative(block, outputBlock, n);
    }
  }

  private double targetGradient(RowStatistics rows, int i, double shift) {
    double d = rows.targetShifted[i];
    double p = DoubleMath.exp(d - rows.logNormalizer[i]);
    double product = p == 0 ? 0 : p * (rows.u[i] + rows.e[i] * d);
    double weight = call.classWeight(rows.target[i]);
    double derivative = softcap.isPresent() ? softcap.derivative(d + shift) : scale;
    return derivative * (product - rows.r[i] - rows.k[i] * weight);
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

  /** Makes the z of some classes available as {@code block}; returns their number with padding. */
  private int load(long start, int c, int n) {
    int padded = (n + Lanes.DOUBLES - 1) / Lanes.DOUBLES * Lanes.DOUBLES;
    if (inputArray != null && padded == n) {
      block = inputArray;
      blockOffset = inputArrayOffset + (int) (start + c);
      return n;
    }
    block = inputBlock;
    blockOffset = 0;
    input.read(start + c, n, inputBlock, 0);
    softcap.apply(inputBlock, n == padded ? n : paddedWithZeros(n, padded));
    Arrays.fill(inputBlock, n, padded, Double.NEGATIVE_INFINITY);
    return padded;
  }

  private int paddedWithZeros(int n, int padded) {
    Arrays.fill(inputBlock, n, padded, 0);
    return padded;
  }
}
