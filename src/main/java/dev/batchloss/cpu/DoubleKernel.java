package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.DOUBLE;
import static dev.batchloss.cpu.Lanes.DOUBLE_STEP;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops of {@link FloatKernel} over blocks of doubles. Java has no generics over primitive
 * types, and a loop over both would lose its vectors, so the two files are kept alike by hand: what
 * changes in one changes in the other.
 */
final class DoubleKernel {
  private static final MethodHandle REST = VectorFunction.of(MethodHandles.lookup(), "rest");

  private DoubleKernel() {}

  /** The first {@code n} elements from {@code from} on, fewer than a vector has, then padding. */
  static DoubleVector rest(double[] block, int from, int n, double padding) {
    VectorMask<Double> mask = DOUBLE.indexInRange(0, Math.max(0, n));
    return DoubleVector.broadcast(DOUBLE, padding)
        .blend(DoubleVector.fromArray(DOUBLE, block, from, mask), mask);
  }

  /**
   * The greatest of n elements, NaN left out. With four accumulators: one alone would wait for its
   * own comparison and blend in every turn.
   */
  static double maximum(double[] block, int offset, int n) {
    try {
      int whole = n - n % DOUBLE_STEP;
      int unrolled = n - n % (4 * DOUBLE_STEP);
      DoubleVector a = DoubleVector.broadcast(DOUBLE, Double.NEGATIVE_INFINITY);
      DoubleVector b = a;
      DoubleVector c = a;
      DoubleVector d = a;
      for (int i = offset; i < offset + unrolled; i += 4 * DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(DOUBLE, block, i);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
        x = DoubleVector.fromArray(DOUBLE, block, i + DOUBLE_STEP);
        b = b.blend(x, x.compare(VectorOperators.GT, b));
        x = DoubleVector.fromArray(DOUBLE, block, i + 2 * DOUBLE_STEP);
        c = c.blend(x, x.compare(VectorOperators.GT, c));
        x = DoubleVector.fromArray(DOUBLE, block, i + 3 * DOUBLE_STEP);
        d = d.blend(x, x.compare(VectorOperators.GT, d));
      }
      for (int i = offset + unrolled; i < offset + whole; i += DOUBLE_STEP) {
        DoubleVector x = DoubleVector.fromArray(DOUBLE, block, i);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
      }
      if (whole < n) {
        DoubleVector x =
            (DoubleVector)
                REST.invokeExact(block, offset + whole, n - whole, Double.NEGATIVE_INFINITY);
        a = a.blend(x, x.compare(VectorOperators.GT, a));
      }
      a = a.blend(b, b.compare(VectorOperators.GT, a));
      c = c.blend(d, d.compare(VectorOperators.GT, c));
      a = a.blend(c, c.compare(VectorOperators.GT, a));
      // The two zeros are one, whichever comes first at which width.
      return a.reduceLanes(VectorOperators.MAX) + 0.0;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ e^d, the greatest x of each lane, and whether one is above the limit, in one read. */
  static void sumExp(
      double[] block, int offset, int n, double shift, double scale, double limit, BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      int stride = Lanes.doubleStride;
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector factors = DoubleMath.ONE.mul(DoubleMath.exp2Factor(scale));
      boolean exceeds = false;
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        DoubleVector greatest = DoubleVector.broadcast(DOUBLE, Double.NEGATIVE_INFINITY);
        for (int i = offset + part; i < offset + whole; i += stride) {
          DoubleVector x = DoubleVector.fromArray(DOUBLE, block, i);
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((DoubleVector) DoubleMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        if (whole < n) {
          DoubleVector x =
              ((DoubleVector)
                  REST.invokeExact(
                      block, offset + whole + part, n - whole - part, Double.NEGATIVE_INFINITY));
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((DoubleVector) DoubleMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        sum.intoArray(out.doubleLanes, part);
        greatest.intoArray(out.doubleMaxima, part);
        exceeds |= greatest.compare(VectorOperators.GT, limit).anyTrue();
      }
      out.sum = BlockSums.sum(out.doubleLanes);
      out.exceeds = exceeds;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ e^d·d and Σ e^2d; a term with e^d = 0 is 0. */
  static void moments(
      double[] block, int offset, int n, double shift, double scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      int stride = Lanes.doubleStride;
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector factors = DoubleMath.ONE.mul(DoubleMath.exp2Factor(scale));
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector entropies = DoubleVector.zero(DOUBLE);
        DoubleVector squares = DoubleVector.zero(DOUBLE);
        for (int i = offset + part; i < offset + whole; i += stride) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, i).sub(shifts);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          entropies = e.fma(distance.blend(0.0, e.compare(VectorOperators.EQ, 0.0)), entropies);
          squares = e.fma(e, squares);
        }
        if (whole < n) {
          DoubleVector distance =
              ((DoubleVector)
                      REST.invokeExact(
                          block, offset + whole + part, n - whole - part, Double.NEGATIVE_INFINITY))
                  .sub(shifts);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          entropies = e.fma(distance.blend(0.0, e.compare(VectorOperators.EQ, 0.0)), entropies);
          squares = e.fma(e, squares);
        }
        entropies.intoArray(out.doubleLanes, part);
        squares.intoArray(out.moreDoubleLanes, part);
      }
      out.entropyMoment = BlockSums.sum(out.doubleLanes) * scale;
      out.squareSum = BlockSums.sum(out.moreDoubleLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ d. */
  static double sumShifted(
      double[] block, int offset, int n, double shift, double scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector scales = DoubleMath.ONE.mul(scale);
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        for (int i = offset + part; i < offset + whole; i += Lanes.DOUBLES) {
          sum = sum.add(DoubleVector.fromArray(DOUBLE, block, i).sub(shifts).mul(scales));
        }
        if (whole < n) {
          sum =
              sum.add(
                  ((DoubleVector)
                          REST.invokeExact(block, offset + whole + part, n - whole - part, shift))
                      .sub(shifts)
                      .mul(scales));
        }
        sum.intoArray(out.doubleLanes, part);
      }
      return BlockSums.sum(out.doubleLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ w·d; a term with w = 0 is 0. The weights go on, as zeros, to a whole virtual vector. */
  static double sumWeighted(
      double[] block,
      int offset,
      int n,
      double[] weights,
      int firstWeight,
      double shift,
      double scale,
      BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector scales = DoubleMath.ONE.mul(scale);
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        for (int i = part; i < whole; i += Lanes.DOUBLES) {
          DoubleVector w = DoubleVector.fromArray(DOUBLE, weights, firstWeight + i);
          DoubleVector d =
              DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts).mul(scales);
          sum = sum.add(w.mul(d).blend(0.0, w.compare(VectorOperators.EQ, 0.0)));
        }
        if (whole < n) {
          DoubleVector w = DoubleVector.fromArray(DOUBLE, weights, firstWeight + whole + part);
          DoubleVector d =
              ((DoubleVector)
                      REST.invokeExact(block, offset + whole + part, n - whole - part, shift))
                  .sub(shifts)
                  .mul(scales);
          sum = sum.add(w.mul(d).blend(0.0, w.compare(VectorOperators.EQ, 0.0)));
        }
        sum.intoArray(out.doubleLanes, part);
      }
      return BlockSums.sum(out.doubleLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** How many of n elements are greater than {@code bound}. */
  static int countAbove(double[] block, int offset, int n, double bound) {
    try {
      int whole = n - n % DOUBLE_STEP;
      int count = 0;
      for (int i = offset; i < offset + whole; i += DOUBLE_STEP) {
        count +=
            DoubleVector.fromArray(DOUBLE, block, i).compare(VectorOperators.GT, bound).trueCount();
      }
      if (whole < n) {
        DoubleVector x =
            (DoubleVector)
                REST.invokeExact(block, offset + whole, n - whole, Double.NEGATIVE_INFINITY);
        count += x.compare(VectorOperators.GT, bound).trueCount();
      }
      return count;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** How many of n elements equal {@code value}. */
  static int countEqual(double[] block, int offset, int n, double value) {
    int count = 0;
    int i = 0;
    for (; i <= n - DOUBLE_STEP; i += DOUBLE_STEP) {
      count +=
          DoubleVector.fromArray(DOUBLE, block, offset + i)
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
      double[] block,
      int offset,
      double[] to,
      int toOffset,
      int n,
      double shift,
      double scale,
      GradientScalars row) {
    try {
      int step = Lanes.doubleStep;
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector factors = DoubleMath.ONE.mul(DoubleMath.exp2Factor(scale));
      DoubleVector u = DoubleMath.ONE.mul(row.u);
      DoubleVector minusK = DoubleMath.ONE.mul(-row.k);
      if (row.e == 0) {
        for (int i = 0; i < n; i += step) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          e.fma(u, minusK).intoArray(to, toOffset + i);
        }
        return;
      }
      DoubleVector scales = DoubleMath.ONE.mul(scale);
      DoubleVector entropyFactor = DoubleMath.ONE.mul(row.e);
      for (int i = 0; i < n; i += step) {
        DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts);
        DoubleVector d = distance.mul(scales);
        DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
        DoubleVector inner =
            d.blend(0.0, d.compare(VectorOperators.LT, DoubleMath.UNDERFLOW)).fma(entropyFactor, u);
        e.fma(inner, minusK).intoArray(to, toOffset + i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** to = to − factor·weights. */
  static void subtractWeighted(
      double[] to, int toOffset, int n, double[] weights, int firstWeight, double factor) {
    DoubleVector minus = DoubleMath.ONE.mul(-factor);
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector.fromArray(DOUBLE, weights, firstWeight + i)
          .fma(minus, DoubleVector.fromArray(DOUBLE, to, toOffset + i))
          .intoArray(to, toOffset + i);
    }
  }

  /** to = d − logNormalizer. */
  static void logSoftmax(
      double[] block,
      int offset,
      double[] to,
      int toOffset,
      int n,
      double shift,
      double scale,
      double logNormalizer) {
    DoubleVector shifts = DoubleMath.ONE.mul(shift);
    DoubleVector scales = DoubleMath.ONE.mul(scale);
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector.fromArray(DOUBLE, block, offset + i)
          .sub(shifts)
          .mul(scales)
          .sub(logNormalizer)
          .intoArray(to, toOffset + i);
    }
  }
}
