package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.DOUBLE;
import static dev.batchloss.cpu.Lanes.DOUBLE_STEP;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops of {@link FloatKernel} over blocks of doubles. Java has no generics over primitive
 * types, and a loop over both would lose its vectors, so the two files are kept alike by hand: what
 * changes in one changes in the other.
 */
final class DoubleKernel {
  private DoubleKernel() {}

  /** The greatest of n elements, NaN left out; n is a multiple of the virtual vector. */
  static double maximum(double[] block, int offset, int n) {
    DoubleVector greatest = DoubleVector.broadcast(DOUBLE, Double.NEGATIVE_INFINITY);
    for (int i = offset; i < offset + n; i += DOUBLE_STEP) {
      DoubleVector x = DoubleVector.fromArray(DOUBLE, block, i);
      greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
    }
    return greatest.reduceLanes(VectorOperators.MAX);
  }

  /** Σ e^d, the greatest x of each lane, and whether one is above the limit, in one read. */
  static void sumExp(
      double[] block,
      int offset,
      int n,
      double[] tail,
      double shift,
      double scale,
      double limit,
      BlockSums out) {
    try {
      int stride = Lanes.doubleStride;
      DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
      DoubleVector factors = DoubleVector.broadcast(DOUBLE, DoubleMath.exp2Factor(scale));
      boolean exceeds = false;
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        DoubleVector greatest = DoubleVector.broadcast(DOUBLE, Double.NEGATIVE_INFINITY);
        for (int i = offset + part; i < offset + n; i += stride) {
          DoubleVector x = DoubleVector.fromArray(DOUBLE, block, i);
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((DoubleVector) DoubleMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        if (tail.length != 0) {
          DoubleVector x = DoubleVector.fromArray(DOUBLE, tail, part);
          greatest = greatest.blend(x, x.compare(VectorOperators.GT, greatest));
          sum = sum.add((DoubleVector) DoubleMath.EXP2.invokeExact(x.sub(shifts), factors));
        }
        sum.intoArray(out.doubleLanes, part);
        greatest.intoArray(out.doubleMaxima, part);
        exceeds |= greatest.compare(VectorOperators.GT, limit).anyTrue();
      }
      out.sum = Lanes.sum(out.doubleLanes);
      out.exceeds = exceeds;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ e^d·d and Σ e^2d; a term with e^d = 0 is 0. */
  static void moments(
      double[] block, int offset, int n, double[] tail, double shift, double scale, BlockSums out) {
    try {
      int stride = Lanes.doubleStride;
      DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
      DoubleVector scales = DoubleVector.broadcast(DOUBLE, scale);
      DoubleVector factors = DoubleVector.broadcast(DOUBLE, DoubleMath.exp2Factor(scale));
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector entropies = DoubleVector.zero(DOUBLE);
        DoubleVector squares = DoubleVector.zero(DOUBLE);
        for (int i = offset + part; i < offset + n; i += stride) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, i).sub(shifts);
          DoubleVector d = distance.mul(scales);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          entropies =
              entropies.add(e.mul(d).blend(0.0, d.compare(VectorOperators.LT, DoubleMath.LEAST)));
          squares = e.fma(e, squares);
        }
        if (tail.length != 0) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, tail, part).sub(shifts);
          DoubleVector d = distance.mul(scales);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          entropies =
              entropies.add(e.mul(d).blend(0.0, d.compare(VectorOperators.LT, DoubleMath.LEAST)));
          squares = e.fma(e, squares);
        }
        entropies.intoArray(out.doubleLanes, part);
        squares.intoArray(out.moreDoubleLanes, part);
      }
      out.entropyMoment = Lanes.sum(out.doubleLanes);
      out.squareSum = Lanes.sum(out.moreDoubleLanes);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Σ d. */
  static double sumShifted(
      double[] block, int offset, int n, double[] tail, double shift, double scale, BlockSums out) {
    DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
    DoubleVector scales = DoubleVector.broadcast(DOUBLE, scale);
    for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
      DoubleVector sum = DoubleVector.zero(DOUBLE);
      for (int i = offset + part; i < offset + n; i += Lanes.DOUBLES) {
        sum = sum.add(DoubleVector.fromArray(DOUBLE, block, i).sub(shifts).mul(scales));
      }
      if (tail.length != 0) {
        sum = sum.add(DoubleVector.fromArray(DOUBLE, tail, part).sub(shifts).mul(scales));
      }
      sum.intoArray(out.doubleLanes, part);
    }
    return Lanes.sum(out.doubleLanes);
  }

  /** Σ w·d; a term with w = 0 is 0. The weights go on, as zeros, to the end of the tail. */
  static double sumWeighted(
      double[] block,
      int offset,
      int n,
      double[] tail,
      double[] weights,
      int firstWeight,
      double shift,
      double scale,
      BlockSums out) {
    DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
    DoubleVector scales = DoubleVector.broadcast(DOUBLE, scale);
    for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
      DoubleVector sum = DoubleVector.zero(DOUBLE);
      for (int i = part; i < n; i += Lanes.DOUBLES) {
        DoubleVector w = DoubleVector.fromArray(DOUBLE, weights, firstWeight + i);
        DoubleVector d = DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts).mul(scales);
        sum = sum.add(w.mul(d).blend(0.0, w.compare(VectorOperators.EQ, 0.0)));
      }
      if (tail.length != 0) {
        DoubleVector w = DoubleVector.fromArray(DOUBLE, weights, firstWeight + n + part);
        DoubleVector d = DoubleVector.fromArray(DOUBLE, tail, part).sub(shifts).mul(scales);
        sum = sum.add(w.mul(d).blend(0.0, w.compare(VectorOperators.EQ, 0.0)));
      }
      sum.intoArray(out.doubleLanes, part);
    }
    return Lanes.sum(out.doubleLanes);
  }

  /** How many of n elements are greater than {@code bound}; n as a multiple of the step. */
  static int countAbove(double[] block, int offset, int n, double bound) {
    int count = 0;
    for (int i = offset; i < offset + n; i += DOUBLE_STEP) {
      count +=
          DoubleVector.fromArray(DOUBLE, block, i).compare(VectorOperators.GT, bound).trueCount();
    }
    return count;
  }

  /** How many of n elements, n being any number, equal {@code value}. */
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
      DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
      DoubleVector factors = DoubleVector.broadcast(DOUBLE, DoubleMath.exp2Factor(scale));
      DoubleVector u = DoubleVector.broadcast(DOUBLE, row.u);
      DoubleVector minusK = DoubleVector.broadcast(DOUBLE, -row.k);
      if (row.e == 0) {
        for (int i = 0; i < n; i += step) {
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts);
          DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
          e.fma(u, minusK).intoArray(to, toOffset + i);
        }
        return;
      }
      DoubleVector scales = DoubleVector.broadcast(DOUBLE, scale);
      DoubleVector entropyFactor = DoubleVector.broadcast(DOUBLE, row.e);
      for (int i = 0; i < n; i += step) {
        DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, offset + i).sub(shifts);
        DoubleVector d = distance.mul(scales);
        DoubleVector e = (DoubleVector) DoubleMath.EXP2.invokeExact(distance, factors);
        DoubleVector inner =
            d.blend(0.0, d.compare(VectorOperators.LT, DoubleMath.LEAST)).fma(entropyFactor, u);
        e.fma(inner, minusK).intoArray(to, toOffset + i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** to = to − factor·weights. */
  static void subtractWeighted(
      double[] to, int toOffset, int n, double[] weights, int firstWeight, double factor) {
    DoubleVector minus = DoubleVector.broadcast(DOUBLE, -factor);
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
    DoubleVector shifts = DoubleVector.broadcast(DOUBLE, shift);
    DoubleVector scales = DoubleVector.broadcast(DOUBLE, scale);
    for (int i = 0; i < n; i += DOUBLE_STEP) {
      DoubleVector.fromArray(DOUBLE, block, offset + i)
          .sub(shifts)
          .mul(scales)
          .sub(logNormalizer)
          .intoArray(to, toOffset + i);
    }
  }
}
