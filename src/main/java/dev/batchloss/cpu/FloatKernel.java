package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops over a block of floats in the first-level cache, one loop a statistic: a block is n
 * elements of an array. What is left of them after whole virtual vectors is read with a mask, and
 * padded. With d = (x − shift)·scale.
 *
 * <p>Each loop with an exponential has one accumulator; C2 spills with more. The maximum is a
 * comparison and a blend because {@code FloatVector.max} costs three times that for Java's rules on
 * NaN and −0; it drops NaN, which the sum keeps. An accumulator starts from a vector made in the
 * loop's own method: started from a static constant it is an object in every turn, and the loop
 * four times slower.
 */
final class FloatKernel {
  private static final MethodHandle REST = VectorFunction.of(MethodHandles.lookup(), "rest");

  private FloatKernel() {}

  /** The first {@code n} elements from {@code from} on, fewer than a vector has, then padding. */
  static FloatVector rest(float[] block, int from, int n, float padding) {
    VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n));
    return FloatVector.broadcast(FLOAT, padding)
        .blend(FloatVector.fromArray(FLOAT, block, from, mask), mask);
  }

  /**
   * The greatest of n elements, NaN left out. With four accumulators: one alone would wait for its
   * own comparison and blend in every turn.
   */
  static float maximum(float[] block, int offset, int n) {
    try {
      int whole = n - n % FLOAT_STEP;
      int unrolled = n - n % (4 * FLOAT_STEP);
      FloatVector a = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = offset; i < offset + unrolled; i += 4 * FLOAT_STEP) {
        FloatVector x = FloatVector.fromArray(FLOAT, block, i);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
        x = FloatVector.fromArray(FLOAT, block, i + FLOAT_STEP);
        b = b.blend(x, x.compare(VectorOperators.GT, b));
        x = FloatVector.fromArray(FLOAT, block, i + 2 * FLOAT_STEP);
        c = c.blend(x, x.compare(VectorOperators.GT, c));
        x = FloatVector.fromArray(FLOAT, block, i + 3 * FLOAT_STEP);
        d = d.blend(x, x.compare(VectorOperators.GT, d));
      }
      for (int i = offset + unrolled; i < offset + whole; i += FLOAT_STEP) {
        FloatVector x = FloatVector.fromArray(FLOAT, block, i);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
      }
      if (whole < n) {
        FloatVector x =
            (FloatVector)
                REST.invokeExact(block, offset + whole, n - whole, Float.NEGATIVE_INFINITY);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
      }
      a = a.blend(b, b.compare(VectorOperators.GT, a));
      c = c.blend(d, d.compare(VectorOperators.GT, c));
      a = a.blend(c, c.compare(VectorOperators.GT, a));
      // The two zeros are one, whichever comes first at which width.
      return a.reduceLanes(VectorOperators.MAX) + 0f;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ e^d, the greatest x of each lane, and whether one is above the limit, in one read. */
  static void sumExp(
      float[] block, int offset, int n, float shift, float scale, float limit, BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      boolean exceeds = false;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        FloatVector greatest = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
        for (int i = offset + part; i < offset + whole; i += stride) {
          FloatVector x = FloatVector.fromArray(FLOAT, block, i);
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((FloatVector) FloatMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        if (whole < n) {
          FloatVector x =
              ((FloatVector)
                  REST.invokeExact(
                      block, offset + whole + part, n - whole - part, Float.NEGATIVE_INFINITY));
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((FloatVector) FloatMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        sum.intoArray(out.floatLanes, part);
        greatest.intoArray(out.floatMaxima, part);
        exceeds |= greatest.compare(VectorOperators.GT, limit).anyTrue();
      }
      out.sum = BlockSums.sum(out.floatLanes);
      out.exceeds = exceeds;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ e^d·d and Σ e^2d; a term with e^d = 0 is 0. */
  static void moments(float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector entropies = FloatVector.zero(FLOAT);
        FloatVector squares = FloatVector.zero(FLOAT);
        for (int i = offset + part; i < offset + whole; i += stride) {
          FloatVector distance = FloatVector.fromArray(FLOAT, block, i).sub(shifts);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, factors);
          entropies = e.fma(distance.blend(0f, e.compare(VectorOperators.EQ, 0f)), entropies);
          squares = e.fma(e, squares);
        }
        if (whole < n) {
          FloatVector distance =
              ((FloatVector)
                      REST.invokeExact(
                          block, offset + whole + part, n - whole - part, Float.NEGATIVE_INFINITY))
                  .sub(shifts);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, factors);
          entropies = e.fma(distance.blend(0f, e.compare(VectorOperators.EQ, 0f)), entropies);
          squares = e.fma(e, squares);
        }
        entropies.intoArray(out.floatLanes, part);
        squares.intoArray(out.moreFloatLanes, part);
      }
      out.entropyMoment = BlockSums.sum(out.floatLanes) * scale;
      out.squareSum = BlockSums.sum(out.moreFloatLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ d. */
  static double sumShifted(
      float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector scales = FloatMath.ONE.mul(scale);
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        for (int i = offset + part; i < offset + whole; i += Lanes.FLOATS) {
          sum = sum.add(FloatVector.fromArray(FLOAT, block, i).sub(shifts).mul(scales));
        }
        if (whole < n) {
          sum =
              sum.add(
                  ((FloatVector)
                          REST.invokeExact(block, offset + whole + part, n - whole - part, shift))
                      .sub(shifts)
                      .mul(scales));
        }
        sum.intoArray(out.floatLanes, part);
      }
      return BlockSums.sum(out.floatLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ w·d; a term with w = 0 is 0. The weights go on, as zeros, to a whole virtual vector. */
  static double sumWeighted(
      float[] block,
      int offset,
      int n,
      float[] weights,
      int firstWeight,
      float shift,
      float scale,
      BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector scales = FloatMath.ONE.mul(scale);
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        for (int i = part; i < whole; i += Lanes.FLOATS) {
          FloatVector w = FloatVector.fromArray(FLOAT, weights, firstWeight + i);
          FloatVector d = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts).mul(scales);
          sum = sum.add(w.mul(d).blend(0f, w.compare(VectorOperators.EQ, 0f)));
        }
        if (whole < n) {
          FloatVector w = FloatVector.fromArray(FLOAT, weights, firstWeight + whole + part);
          FloatVector d =
              ((FloatVector)
                      REST.invokeExact(block, offset + whole + part, n - whole - part, shift))
                  .sub(shifts)
                  .mul(scales);
          sum = sum.add(w.mul(d).blend(0f, w.compare(VectorOperators.EQ, 0f)));
        }
        sum.intoArray(out.floatLanes, part);
      }
      return BlockSums.sum(out.floatLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** How many of n elements are greater than {@code bound}. */
  static int countAbove(float[] block, int offset, int n, float bound) {
    try {
      int whole = n - n % FLOAT_STEP;
      int count = 0;
      for (int i = offset; i < offset + whole; i += FLOAT_STEP) {
        count +=
            FloatVector.fromArray(FLOAT, block, i).compare(VectorOperators.GT, bound).trueCount();
      }
      if (whole < n) {
        FloatVector x =
            (FloatVector)
                REST.invokeExact(block, offset + whole, n - whole, Float.NEGATIVE_INFINITY);
        count += x.compare(VectorOperators.GT, bound).trueCount();
      }
      return count;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** How many of n elements equal {@code value}. */
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
    try {
      int step = Lanes.floatStep;
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      FloatVector u = FloatMath.ONE.mul((float) row.u);
      FloatVector minusK = FloatMath.ONE.mul((float) -row.k);
      if (row.e == 0) {
        for (int i = 0; i < n; i += step) {
          FloatVector distance = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, factors);
          e.fma(u, minusK).intoArray(to, toOffset + i);
        }
        return;
      }
      FloatVector scales = FloatMath.ONE.mul(scale);
      FloatVector entropyFactor = FloatMath.ONE.mul((float) row.e);
      for (int i = 0; i < n; i += step) {
        FloatVector distance = FloatVector.fromArray(FLOAT, block, offset + i).sub(shifts);
        FloatVector d = distance.mul(scales);
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, factors);
        FloatVector inner =
            d.blend(0f, d.compare(VectorOperators.LT, FloatMath.UNDERFLOW)).fma(entropyFactor, u);
        e.fma(inner, minusK).intoArray(to, toOffset + i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** to = to − factor·weights. */
  static void subtractWeighted(
      float[] to, int toOffset, int n, float[] weights, int firstWeight, float factor) {
    FloatVector minus = FloatMath.ONE.mul(-factor);
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
    FloatVector shifts = FloatMath.ONE.mul(shift);
    FloatVector scales = FloatMath.ONE.mul(scale);
    for (int i = 0; i < n; i += FLOAT_STEP) {
      FloatVector.fromArray(FLOAT, block, offset + i)
          .sub(shifts)
          .mul(scales)
          .sub(logNormalizer)
          .intoArray(to, toOffset + i);
    }
  }
}
