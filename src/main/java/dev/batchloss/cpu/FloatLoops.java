package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;

/**
 * The loops of {@link FloatKernel}, and the logarithm that ends a row: on vectors, or number by
 * number as long as {@link VectorLoop} says that those are not compiled.
 */
final class FloatLoops {
  private FloatLoops() {}

  static float maximum(boolean onVectors, float[] block, int offset, int n) {
    return onVectors
        ? FloatKernel.maximum(block, offset, n)
        : ScalarFloatKernel.maximum(block, offset, n);
  }

  static void sumExp(
      boolean onVectors,
      float[] block,
      int offset,
      int n,
      float shift,
      float scale,
      float limit,
      BlockSums out) {
    if (onVectors) {
      FloatKernel.sumExp(block, offset, n, shift, scale, limit, out);
    } else {
      ScalarFloatKernel.sumExp(block, offset, n, shift, scale, limit, out);
    }
  }

  static void moments(
      boolean onVectors,
      float[] block,
      int offset,
      int n,
      float shift,
      float scale,
      BlockSums out) {
    if (onVectors) {
      FloatKernel.moments(block, offset, n, shift, scale, out);
    } else {
      ScalarFloatKernel.moments(block, offset, n, shift, scale, out);
    }
  }

  static double sumShifted(
      boolean onVectors,
      float[] block,
      int offset,
      int n,
      float shift,
      float scale,
      BlockSums out) {
    return onVectors
        ? FloatKernel.sumShifted(block, offset, n, shift, scale, out)
        : ScalarFloatKernel.sumShifted(block, offset, n, shift, scale, out);
  }

  static double sumWeighted(
      boolean onVectors,
      float[] block,
      int offset,
      int n,
      float[] weights,
      int firstWeight,
      float shift,
      float scale,
      BlockSums out) {
    return onVectors
        ? FloatKernel.sumWeighted(block, offset, n, weights, firstWeight, shift, scale, out)
        : ScalarFloatKernel.sumWeighted(block, offset, n, weights, firstWeight, shift, scale, out);
  }

  static int countAbove(boolean onVectors, float[] block, int offset, int n, float bound) {
    return onVectors
        ? FloatKernel.countAbove(block, offset, n, bound)
        : ScalarFloatKernel.countAbove(block, offset, n, bound);
  }

  static int countEqual(boolean onVectors, float[] block, int offset, int n, float value) {
    return onVectors
        ? FloatKernel.countEqual(block, offset, n, value)
        : ScalarFloatKernel.countEqual(block, offset, n, value);
  }

  static void gradient(
      boolean onVectors,
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      GradientScalars row) {
    if (onVectors) {
      FloatKernel.gradient(block, offset, to, toOffset, n, shift, scale, row);
    } else {
      ScalarFloatKernel.gradient(block, offset, to, toOffset, n, shift, scale, row);
    }
  }

  static void subtractWeighted(
      boolean onVectors,
      float[] to,
      int toOffset,
      int n,
      float[] weights,
      int firstWeight,
      float factor) {
    if (onVectors) {
      FloatKernel.subtractWeighted(to, toOffset, n, weights, firstWeight, factor);
    } else {
      ScalarFloatKernel.subtractWeighted(to, toOffset, n, weights, firstWeight, factor);
    }
  }

  static void logSoftmax(
      boolean onVectors,
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      float logNormalizer) {
    if (onVectors) {
      FloatKernel.logSoftmax(block, offset, to, toOffset, n, shift, scale, logNormalizer);
    } else {
      ScalarFloatKernel.logSoftmax(block, offset, to, toOffset, n, shift, scale, logNormalizer);
    }
  }

  /** BFLOAT16 numbers as floats. */
  static void widen(
      boolean onVectors, short[] from, int fromOffset, int n, float[] to, int offset) {
    if (onVectors) {
      Bfloat16.widen(from, fromOffset, n, to, offset);
    } else {
      for (int i = 0; i < n; i++) {
        to[offset + i] = ElementType.bfloat16ToFloat(from[fromOffset + i]);
      }
    }
  }

  /** Floats as BFLOAT16 numbers. */
  static void narrow(
      boolean onVectors, float[] from, int fromOffset, int n, short[] to, int offset) {
    if (onVectors) {
      Bfloat16.narrow(from, fromOffset, n, to, offset);
    } else {
      for (int i = 0; i < n; i++) {
        to[offset + i] = ElementType.floatToBfloat16(from[fromOffset + i]);
      }
    }
  }

  /** Natural logarithm. */
  static void log(boolean onVectors, double[] from, double[] to, int n) {
    if (onVectors) {
      ArrayMath.log(from, to, n);
    } else {
      ScalarMath.log(from, to, n);
    }
  }
}
