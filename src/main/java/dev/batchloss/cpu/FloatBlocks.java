package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.BFLOAT16_SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.FLOAT16_SUM_EXP;
import static dev.batchloss.cpu.VectorLoop.NATIVE_SUM_EXP;

import dev.batchloss.data.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of a matrix of 32 or 16-bit elements as floats in the first-level cache: in place where
 * they lie in a {@code float[]}, else copied there. Some can be summed unread, where they lie.
 */
final class FloatBlocks {
  /** The longest block. */
  static final int LENGTH = 1024;

  private final Elements elements;
  private final float @Nullable [] array;
  private final int arrayOffset;
  private final @Nullable VectorLoop unreadLoop;
  private final float[] copy = new float[LENGTH];

  /** What was loaded last, from {@link #offset} on. */
  float[] block = copy;

  int offset;

  FloatBlocks(Matrix matrix) {
    this.elements = new Elements(matrix, LENGTH);
    this.array = elements.floatArray();
    this.arrayOffset = elements.floatArrayOffset();
    this.unreadLoop = unreadLoop();
  }

  double get(long position) {
    return elements.get(position);
  }

  /** The array that the matrix lies in, if it does and blocks need no copy. */
  float @Nullable [] array() {
    return array;
  }

  /** Where an element lies in {@link #array}. */
  int arrayOffset(long position) {
    return arrayOffset + (int) position;
  }

  /** Whether vectors may be loaded from the matrix's own memory. */
  boolean isNativeFloats() {
    return elements.isNativeFloats();
  }

  /** Makes {@code n} elements from {@code start} on available. */
  void load(long start, int n) {
    if (array != null) {
      block = array;
      offset = arrayOffset(start);
      return;
    }
    block = copy;
    offset = 0;
    elements.read(start, n, copy, 0);
  }

  /** Likewise where whole virtual vectors may be read; returns how many elements those have. */
  int loadPadded(long start, int n) {
    load(start, n);
    int padded = (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
    if (padded != n && array != null) {
      System.arraycopy(block, offset, copy, 0, n);
      block = copy;
      offset = 0;
    }
    return padded;
  }

  /** Whether {@code n} elements can be summed without loading. */
  boolean mayBeSummedUnread(int n) {
    return unreadLoop != null && n % Lanes.FLOATS == 0 && unreadLoop.isCompiled(n);
  }

  /** The sum of {@link FloatSumExp} without loading; false if they are no ordinary elements. */
  boolean sumUnread(long start, int n, float shift, float scale, BlockSums sums) {
    return switch (elements.matrix().type()) {
      case FLOAT32 ->
          NativeKernel.sumExp(
              elements.matrix().segment(), start * Float.BYTES, n, shift, scale, sums);
      case BFLOAT16 -> {
        int from = elements.seekHalves(start, n);
        yield HalfSumExp.sumBfloat16(elements.halves(), from, n, shift, scale, sums);
      }
      case FLOAT16 -> {
        int from = elements.seekHalves(start, n);
        yield HalfSumExp.sumFloat16(elements.halves(), from, n, shift, scale, sums);
      }
      case FLOAT64 -> false;
    };
  }

  private @Nullable VectorLoop unreadLoop() {
    return switch (elements.matrix().type()) {
      case FLOAT32 -> elements.isNativeFloats() ? NATIVE_SUM_EXP : null;
      case BFLOAT16 -> BFLOAT16_SUM_EXP;
      case FLOAT16 -> FLOAT16_SUM_EXP;
      case FLOAT64 -> null;
    };
  }
}
