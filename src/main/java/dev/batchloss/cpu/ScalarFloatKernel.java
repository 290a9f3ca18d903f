package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOATS;

/**
 * The loops of {@link FloatKernel}, number by number and with the same bits: a lane after the
 * other, each with the elements that the virtual vector would have there. They stand in for those
 * until they are compiled, and touch no class of vectors.
 */
final class ScalarFloatKernel {
  private ScalarFloatKernel() {}

  static float maximum(float[] block, int offset, int n) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + n; i++) {
      greatest = block[i] > greatest ? block[i] : greatest;
    }
    return greatest + 0f;
  }

  static void sumExp(
      float[] block, int offset, int n, float shift, float scale, float limit, BlockSums out) {
    float factor = exp2Factor(scale);
    out.exceeds = false;
    for (int lane = 0; lane < FLOATS; lane++) {
      float sum = 0;
      float greatest = Float.NEGATIVE_INFINITY;
      for (int i = offset + lane; i < offset + n; i += FLOATS) {
        float x = block[i];
        greatest = x > greatest ? x : greatest;
        sum += ScalarMath.exp2(x - shift, factor);
      }
      out.floatLanes[lane] = sum;
      out.floatMaxima[lane] = greatest;
      out.exceeds |= greatest > limit;
    }
    out.sum = BlockSums.sum(out.floatLanes);
  }

  static void moments(float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    float factor = exp2Factor(scale);
    for (int lane = 0; lane < FLOATS; lane++) {
      float entropies = 0;
      float squares = 0;
      for (int i = offset + lane; i < offset + n; i += FLOATS) {
        float distance = block[i] - shift;
        float e = ScalarMath.exp2(distance, factor);
        entropies = Math.fma(e, e == 0 ? 0 : distance, entropies);
        squares = Math.fma(e, e, squares);
      }
      out.floatLanes[lane] = entropies;
      out.moreFloatLanes[lane] = squares;
    }
    out.entropyMoment = BlockSums.sum(out.floatLanes) * scale;
    out.squareSum = BlockSums.sum(out.moreFloatLanes);
  }

  static double sumShifted(
      float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    // Padded with the shift, which leaves 0 but where it is infinite.
    int padded = (n + FLOATS - 1) / FLOATS * FLOATS;
    for (int lane = 0; lane < FLOATS; lane++) {
      float sum = 0;
      for (int i = lane; i < padded; i += FLOATS) {
        float x = i < n ? block[offset + i] : shift;
        sum += (x - shift) * scale;
      }
      out.floatLanes[lane] = sum;
    }
    return BlockSums.sum(out.floatLanes);
  }

  static double sumWeighted(
      float[] block,
      int offset,
      int n,
      float[] weights,
      int firstWeight,
      float shift,
      float scale,
      BlockSums out) {
    for (int lane = 0; lane < FLOATS; lane++) {
      float sum = 0;
      for (int i = lane; i < n; i += FLOATS) {
        float w = weights[firstWeight + i];
        sum += w == 0 ? 0 : w * ((block[offset + i] - shift) * scale);
      }
      out.floatLanes[lane] = sum;
    }
    return BlockSums.sum(out.floatLanes);
  }

  static int countAbove(float[] block, int offset, int n, float bound) {
    int count = 0;
    for (int i = offset; i < offset + n; i++) {
      count += block[i] > bound ? 1 : 0;
    }
    return count;
  }

  static int countEqual(float[] block, int offset, int n, float value) {
    int count = 0;
    for (int i = offset; i < offset + n; i++) {
      count += block[i] == value ? 1 : 0;
    }
    return count;
  }

  static void gradient(
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      GradientScalars row) {
    float factor = exp2Factor(scale);
    float u = (float) row.u;
    float minusK = (float) -row.k;
    boolean hasEntropy = row.e != 0;
    float entropyFactor = (float) row.e;
    for (int i = 0; i < n; i++) {
      float distance = block[offset + i] - shift;
      float e = ScalarMath.exp2(distance, factor);
      float inner = u;
      if (hasEntropy) {
        float d = distance * scale;
        inner = Math.fma(d < FloatMath.UNDERFLOW ? 0 : d, entropyFactor, u);
      }
      to[toOffset + i] = Math.fma(e, inner, minusK);
    }
  }

  static void subtractWeighted(
      float[] to, int toOffset, int n, float[] weights, int firstWeight, float factor) {
    for (int i = 0; i < n; i++) {
      to[toOffset + i] = Math.fma(weights[firstWeight + i], -factor, to[toOffset + i]);
    }
  }

  static void logSoftmax(
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      float logNormalizer) {
    for (int i = 0; i < n; i++) {
      to[toOffset + i] = (block[offset + i] - shift) * scale - logNormalizer;
    }
  }

  private static float exp2Factor(float scale) {
    return (float) (scale * FloatMath.LOG2_E);
  }
}
