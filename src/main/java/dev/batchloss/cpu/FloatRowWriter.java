package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.GRADIENT;
import static dev.batchloss.cpu.VectorLoop.LOG_SOFTMAX;
import static dev.batchloss.cpu.VectorLoop.NATIVE_GRADIENT;
import static dev.batchloss.cpu.VectorLoop.SUBTRACT_WEIGHTED;
import static dev.batchloss.cpu.VectorLoop.SUM_BESIDE_GRADIENT;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gradients, softmax and log-softmax of the rows of {@link FloatRowPass}, whose statistics are
 * known: in place where the output is a {@code float[]}, from native memory to native memory, else
 * block by block through an array.
 */
final class FloatRowWriter {
  private final Call call;
  private final float scale;
  private final FloatBlocks input;
  private final @Nullable SoftTargets soft;
  private final Elements output;
  private final float @Nullable [] outputArray;
  private final int outputArrayOffset;
  private final boolean isNative;
  private final float[] outputBlock = new float[FloatBlocks.LENGTH];
  private final GradientBlock gradientBlock = new GradientBlock();
  private final GradientScalars scalars = gradientBlock.scalars;
  private final boolean isInArrays;

  private RowStatistics rows = new RowStatistics(0);
  private int rowInBatch;
  private long start;
  private long outputStart;
  private int from;
  private int end;
  private int position;
  private boolean isGradient;
  private boolean isZero;
  private float shift;
  private double classShare;

  /** Shares the blocks and the target probabilities with the pass that reduces the rows. */
  FloatRowWriter(Call call, FloatBlocks input, @Nullable SoftTargets soft) {
    this.call = call;
    this.scale = (float) call.transform.logitScale();
    this.input = input;
    this.soft = soft;
    Matrix matrix = Objects.requireNonNull(call.output);
    this.output = new Elements(matrix, FloatBlocks.LENGTH);
    boolean isAlongRows = matrix.classStride() == 1;
    this.outputArray = isAlongRows ? output.floatArray() : null;
    this.outputArrayOffset = output.floatArrayOffset();
    this.isInArrays = outputArray != null && input.array() != null;
    this.isNative = isAlongRows && input.isNativeFloats() && output.isNativeFloats();
  }

  /** Writes the segment of row {@code i} from class {@code from} on. */
  void writeSegment(RowStatistics rows, int i, int from, float shift) {
    start(rows, i, from, Math.min(call.classes, from + Call.SEGMENT), shift);
    writeTo(end);
    finish();
  }

  /** Begins with classes {@code from} (inclusive) to {@code end} (exclusive) of row {@code i}. */
  void start(RowStatistics rows, int i, int from, int end, float shift) {
    long row = rows.firstRow + i;
    this.rows = rows;
    this.rowInBatch = i;
    this.start = call.input.rowOffset(row);
    this.outputStart = output.matrix().rowOffset(row);
    this.from = from;
    this.end = end;
    this.position = from;
    this.shift = shift;
    this.isGradient = call.outputKind == MatrixOutput.GRADIENT;
    this.isZero = isGradient && rows.ignored[i];
    if (isGradient) {
      scalars.set(rows, i, rows.sum[i], scale);
    } else {
      scalars.setSoftmax(rows.sum[i]);
    }
    this.classShare = scalars.k;
    if (call.floatClassWeights != null) {
      scalars.k = 0;
    }
  }

  /** Writes the classes before {@code to} that have not been written yet. */
  void writeTo(int to) {
    while (position < to) {
      int n = blockLength(to - position);
      writeBlock(n);
      position += n;
    }
  }

  /** Writes what depends on the whole row having been written. */
  void finish() {
    int target = rows.target[rowInBatch];
    if (isGradient && !isZero && call.needs.target() && target >= from && target < end) {
      double derivative = call.transform.logitScale();
      output.set(
          outputStart + target * output.matrix().classStride(),
          call.targetGradient(rows, rowInBatch, derivative));
    }
  }

  /**
   * Whether rows are written sooner while others are read; by {@link NativeKernel} they are not.
   */
  boolean gainsFromReading() {
    return !isNative;
  }

  /**
   * Whether the next {@code n} classes, or as many of them as are whole virtual vectors, may be
   * written by {@link SumBesideGradient}.
   */
  boolean mayBeWrittenBesideSum(int n) {
    return isInArrays && isPlain() && SUM_BESIDE_GRADIENT.isCompiled(n);
  }

  /** Leaves those to the caller, who has to write them. */
  GradientBlock leave(int n) {
    gradientBlock.logits = Objects.requireNonNull(input.array());
    gradientBlock.logitsOffset = input.arrayOffset(start + position);
    gradientBlock.gradient = Objects.requireNonNull(outputArray);
    gradientBlock.gradientOffset = outputArrayOffset + (int) (outputStart + position);
    gradientBlock.shift = shift;
    position += n - n % Lanes.FLOATS;
    return gradientBlock;
  }

  /** Whether e^d·u − k is all there is to it. */
  private boolean isPlain() {
    return call.outputKind != MatrixOutput.LOG_SOFTMAX
        && !isZero
        && scalars.e == 0
        && scalars.h == 0
        && (classShare == 0 || call.floatClassWeights == null);
  }

  private void writeBlock(int n) {
    boolean isWhole = n % Lanes.FLOATS == 0;
    if (isNative && isWhole && isPlain() && NATIVE_GRADIENT.isCompiled(n)) {
      NativeKernel.gradient(
          call.input.segment(),
          (start + position) * Float.BYTES,
          output.matrix().segment(),
          (outputStart + position) * Float.BYTES,
          n,
          shift,
          scale,
          scalars);
      return;
    }
    boolean direct = outputArray != null && isWhole;
    float[] array = direct ? outputArray : outputBlock;
    int offset = direct ? outputArrayOffset + (int) (outputStart + position) : 0;
    if (isZero) {
      Arrays.fill(array, offset, offset + n, 0);
    } else {
      int padded = input.loadPadded(start + position, n);
      writeBlock(n, padded, array, offset);
    }
    if (!direct) {
      output.writeRow(rows.firstRow + rowInBatch, position, n, outputBlock);
    }
  }

  private void writeBlock(int n, int padded, float[] to, int offset) {
    if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
      float logNormalizer = (float) rows.logNormalizer[rowInBatch];
      FloatLoops.logSoftmax(
          LOG_SOFTMAX.isCompiled(padded),
          input.block,
          input.offset,
          to,
          offset,
          padded,
          shift,
          scale,
          logNormalizer);
    } else {
      FloatLoops.gradient(
          GRADIENT.isCompiled(padded),
          input.block,
          input.offset,
          to,
          offset,
          padded,
          shift,
          scale,
          scalars);
    }
    if (classShare != 0 && call.floatClassWeights != null) {
      FloatLoops.subtractWeighted(
          SUBTRACT_WEIGHTED.isCompiled(padded),
          to,
          offset,
          padded,
          call.floatClassWeights,
          position,
          (float) classShare);
    }
    if (scalars.h != 0 && soft != null) {
      double[] q = soft.read(rows.firstRow + rowInBatch, position, n);
      for (int j = 0; j < n; j++) {
        to[offset + j] -= (float) (scalars.h * call.classWeight(position + j) * q[j]);
      }
    }
  }

  /** Whole virtual vectors as long as there are any, then the rest. */
  private static int blockLength(int left) {
    if (left >= FloatBlocks.LENGTH) {
      return FloatBlocks.LENGTH;
    }
    int whole = left - left % Lanes.FLOATS;
    return whole == 0 ? left : whole;
  }
}
