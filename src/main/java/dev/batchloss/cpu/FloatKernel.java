package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;
import static dev.batchloss.cpu.Lanes.FLOAT_ZERO;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops over a block of floats in the first-level cache, one loop a statistic: a block is n
 * elements of an array, n a multiple of {@link Lanes#FLOATS}. With d = (x − shift)·scale.
 *
 * <p>Each loop has one accumulator; C2 spills with more. The maximum is a comparison and a blend
 * because {@code FloatVector.max} costs three times that for Java's rules on NaN and −0; it drops
 * NaN, which the sum keeps.
 */
final class FloatKernel {
  private FloatKernel() {}

  /** The greatest element, NaN left out. */
  static float maximum(float[] block, int offset, int n) {
    FloatVector greatest = Lanes.FLOAT_LEAST;
    for (int i = offset; i < offset + n; i += FLOAT_STEP) {
      FloatVector x = FloatVector.fromArray(FLOAT, block, i);
      greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
    }
    return greatest.reduceLanes(VectorOperators.MAX);
  }

  /** Σ e^d and the greatest x in one read. */
  static void sumExp(float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    FloatVector greatest = Lanes.FLOAT_LEAST;
    for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
      FloatVector sum = FLOAT_ZERO;
      for (int i = offset + part; i < offset + n; i += Lanes.FLOATS) {
        FloatVector x = FloatVector.fromArray(FLOAT, block, i);
        greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
        sum = sum.add(FloatMath.exp(x.sub(shifts).mul(scales)));
      }
      sum.intoArray(out.floatLanes, part);
    }
    out.sum = Lanes.sum(out.floatLanes);
    out.maximum = greatest.reduceLanes(VectorOperators.MAX);
  }

  /** Σ e^d·d and Σ e^2d; a term with e^d = 0 is 0. */
  static void moments(float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
      FloatVector entropies = FLOAT_ZERO;
      FloatVector squares = FLOAT_ZERO;
      for (int i = offset + part; i < offset + n; i += Lanes.FLOATS) {
        FloatVector d = FloatVector.fromArray(FLOAT, block, i).sub(shifts).mul(scales);
        FloatVector e = FloatMath.exp(d);
        entropies = entropies.add(e.mul(d).blend(0f, FloatMath.underflows(d)));
        squares = e.fma(e, squares);
      }
      entropies.intoArray(out.floatLanes, part);
      squares.intoArray(out.moreFloatLanes, part);
    }
    out.entropyMoment = Lanes.sum(out.floatLanes);
    out.squareSum = Lanes.sum(out.moreFloatLanes);
  }

  /** Σ d. */
  static double sumShifted(
      float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
      FloatVector sum = FLOAT_ZERO;
      for (int i = offset + part; i < offset + n; i += Lanes.FLOATS) {
        sum = sum.add(FloatVector.fromArray(FLOAT, block, i).sub(shifts).mul(scales));
      }
      sum.intoArray(out.floatLanes, part);
    }
    return Lanes.sum(out.floatLanes);
  }

  /** Σ w·d; a term with w = 0 is 0. */
  static double sumWeighted(
      float[] block,
      int offset,
      int n,
      float[] weights,
      int firstWeight,
      float shift,
      float scale,
      BlockSums out) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
      FloatVector sum = FLOAT_ZERO;
      for (int i = part; i < n; i += Lanes.FLOATS) {
        FloatVector w = FloatVector.fromArray(FLOAT, weights, firstWeight + i);
        FloatVector d = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts).mul(scales);
        sum = sum.add(w.mul(d).blend(0f, w.compare(VectorOperators.EQ, 0f)));
      }
      sum.intoArray(out.floatLanes, part);
    }
    return Lanes.sum(out.floatLanes);
  }

  /** How many elements are greater than {@code bound}. */
  static int countAbove(float[] block, int offset, int n, float bound) {
    int count = 0;
    for (int i = offset; i < offset + n; i += FLOAT_STEP) {
      count +=
          FloatVector.fromArray(FLOAT, block, i).compare(VectorOperators.GT, bound).trueCount();
    }
    return count;
  }

  /** How many of the first {@code n} elements, n being any number, equal {@code value}. */
  static int countEqual(float[] block, int offset, int n, float value) {
    int count = 0;
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      count +=
          FloatVector.fromArray(FLOAT, block, offset + i)
              .compare(VectorOperators.EQ, value)
              .trueCount();
    }
    for (; i < n; i++) {
      count += block[offset + i] == value ? 1 : 0;
    }
    return count;
  }

  /** to = e^d·(u + e·d) − k: a gradient but for its targets; where e^d is 0, d is taken as 0. */
  static void gradient(
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      GradientScalars row) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    FloatVector u = FloatVector.broadcast(FLOAT, (float) row.u);
    FloatVector minusK = FloatVector.broadcast(FLOAT, (float) -row.k);
    if (row.e == 0) {
      for (int i = 0; i < n; i += FLOAT_STEP) {
        FloatVector d = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts).mul(scales);
        FloatMath.exp(d).fma(u, minusK).intoArray(to, toOffset + i);
      }
      return;
    }
    FloatVector factor = FloatVector.broadcast(FLOAT, (float) row.e);
    for (int i = 0; i < n; i += FLOAT_STEP) {
      FloatVector d = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts).mul(scales);
      FloatVector e = FloatMath.exp(d);
      FloatVector inner = d.blend(0f, FloatMath.underflows(d)).fma(factor, u);
      e.fma(inner, minusK).intoArray(to, toOffset + i);
    }
  }

  /** to = to − factor·weights. */
  static void subtractWeighted(
      float[] to, int toOffset, int n, float[] weights, int firstWeight, float factor) {
    FloatVector minus = FloatVector.broadcast(FLOAT, -factor);
    for (int i = 0; i < n; i += FLOAT_STEP) {
      FloatVector.fromArray(FLOAT, weights, firstWeight + i)
          .fma(minus, FloatVector.fromArray(FLOAT, to, toOffset + i))
          .intoArray(to, toOffset + i);
    }
  }

  /** to = d − logNormalizer. */
  static void logSoftmax(
      float[] block,
      int offset,
      float[] to,
      int toOffset,
      int n,
      float shift,
      float scale,
      float logNormalizer) {
    FloatVector shifts = FloatVector.broadcast(FLOAT, shift);
    FloatVector scales = FloatVector.broadcast(FLOAT, scale);
    for (int i = 0; i < n; i += FLOAT_STEP) {
      FloatVector.fromArray(FLOAT, block, offset + i)
          .sub(shifts)
          .mul(scales)
          .sub(logNormalizer)
          .intoArray(to, toOffset + i);
    }
  }
}
