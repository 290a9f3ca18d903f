package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.GRADIENT;
import static dev.batchloss.cpu.VectorLoop.LOG_SOFTMAX;
import static dev.batchloss.cpu.VectorLoop.NATIVE_GRADIENT;
import static dev.batchloss.cpu.VectorLoop.SUBTRACT_WEIGHTED;

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
  private final GradientScalars scalars = new GradientScalars();

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
    this.isNative = isAlongRows && input.isNativeFloats() && output.isNativeFloats();
  }

  /** Writes the segment of row {@code i} from class {@code from} on. */
  void writeSegment(RowStatistics rows, int i, int from, float shift) {
    long row = rows.firstRow + i;
    long start = call.input.rowOffset(row);
    long outputStart = output.matrix().rowOffset(row);
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
      boolean isWhole = n % Lanes.FLOATS == 0;
      if (isWhole && !zero && writeNative(start + c, outputStart + c, n, shift, classShare)) {
        c += n;
        continue;
      }
      boolean direct = outputArray != null && isWhole;
      float[] array = direct ? outputArray : outputBlock;
      int offset = direct ? outputArrayOffset + (int) (outputStart + c) : 0;
      if (zero) {
        Arrays.fill(array, offset, offset + n, 0);
      } else {
        int padded = input.loadPadded(start + c, n);
        writeBlock(rows, i, c, n, padded, array, offset, shift, classShare);
      }
      if (!direct) {
        output.writeRow(row, c, n, outputBlock);
      }
      c += n;
    }
    int target = rows.target[i];
    if (gradient && !zero && call.needs.target() && target >= from && target < end) {
      double derivative = call.transform.logitScale();
      output.set(
          outputStart + target * output.matrix().classStride(),
          call.targetGradient(rows, i, derivative));
    }
  }

  /** Writes a block from native memory to native memory, where that is all there is to it. */
  private boolean writeNative(long from, long to, int n, float shift, double classShare) {
    boolean isDone =
        isNative
            && call.outputKind != MatrixOutput.LOG_SOFTMAX
            && scalars.e == 0
            && scalars.h == 0
            && (classShare == 0 || call.floatClassWeights == null)
            && NATIVE_GRADIENT.isCompiled(n);
    if (isDone) {
      NativeKernel.gradient(
          call.input.segment(),
          from * Float.BYTES,
          output.matrix().segment(),
          to * Float.BYTES,
          n,
          shift,
          scale,
          scalars);
    }
    return isDone;
  }

  private void writeBlock(
      RowStatistics rows,
      int i,
      int c,
      int n,
      int padded,
      float[] to,
      int offset,
      float shift,
      double classShare) {
    if (call.outputKind == MatrixOutput.LOG_SOFTMAX) {
      float logNormalizer = (float) rows.logNormalizer[i];
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
          c,
          (float) classShare);
    }
    if (scalars.h != 0 && soft != null) {
      double[] q = soft.read(rows.firstRow + i, c, n);
      for (int j = 0; j < n; j++) {
        to[offset + j] -= (float) (scalars.h * call.classWeight(c + j) * q[j]);
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
