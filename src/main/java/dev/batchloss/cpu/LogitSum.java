package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of the losses of {@link LogitKernel} over the rows of a block, without the losses. The
 * logarithms of a row add up to that of a product: each lane keeps p with 1 + p = Π(1 + e), and one
 * logarithm is taken of all of them. Nothing in p is negative, so that what remains of confident
 * predictions keeps its relative precision; and of a block a lane gets at most 64 factors of at
 * most 2, so that half of the lanes come to 2^512. Lanes are folded once all rows have been read:
 * at once the loads would wait for the stores.
 *
 * <p>Targets are checked by the way, and the same maximum of integers as in {@link FloatSumExp}
 * does for the comparison at the bottom of the exponential. A row with an infinite or NaN logit, or
 * with a target that may be no probability, is not ordinary: it has the sum NaN, and has to be
 * summed by its elements' losses. That is decided by the row alone, since it shows in the last
 * bits.
 */
final class LogitSum {
  private static final int MOST_ROWS = ElementPass.BLOCK / Lanes.FLOATS;
  private static final int HALF = Lanes.FLOATS / 2;

  /** Unsigned, the bits of 0…1 lie below those of all other floats, of −0 too. */
  private static final int ONE = Float.floatToRawIntBits(1);

  private static final int SIGN = Integer.MIN_VALUE;

  /** As many floats as a vector has doubles. */
  private static final VectorSpecies<Float> NARROW =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

  private static final MethodHandle WIDENED = VectorFunction.of(MethodHandles.lookup(), "widened");

  /** Σ(max(x, 0) − x·y), the lanes of each row. */
  private final float[] linearLanes = new float[ElementPass.BLOCK];

  /** Π(1 + e) − 1. */
  private final float[] productLanes = new float[ElementPass.BLOCK];

  private final double[] linearHalves = new double[ElementPass.BLOCK / 2];
  private final double[] productHalves = new double[ElementPass.BLOCK / 2];
  private final double[] sums = new double[MOST_ROWS];

  /** Reads the block's row {@code row}: {@code n} elements, at least {@value Lanes#FLOATS}. */
  void read(int row, float[] xs, int x0, float[] ys, int y0, int n) {
    int xAhead = ReadAhead.floats(xs, x0 + n);
    int yAhead = ReadAhead.floats(ys, y0 + n);
    // What lies behind the row must not decide how it is summed.
    if (!read(row, xs, x0, xAhead, ys, y0, yAhead, n) && !read(row, xs, x0, 0, ys, y0, 0, n)) {
      drop(row);
    }
  }

  /**
   * The same, and the slopes of {@link LogitKernel#lossesAndSlopes} if the row is ordinary; what is
   * written behind them, up to a whole virtual vector, is for the next row to mend.
   */
  void readAndWriteSlopes(
      int row, float[] xs, int x0, float[] ys, int y0, float[] slopes, int s0, int n) {
    int xAhead = ReadAhead.floats(xs, x0 + n);
    int yAhead = ReadAhead.floats(ys, y0 + n);
    if (!readAndWriteSlopes(row, xs, x0, xAhead, ys, y0, yAhead, slopes, s0, n)
        && !readAndWriteSlopes(row, xs, x0, 0, ys, y0, 0, slopes, s0, n)) {
      drop(row);
    }
  }

  private void drop(int row) {
    linearLanes[row * Lanes.FLOATS] = Float.NaN;
  }

  /** False if it met what {@link ReadAhead} looks for, and gave up. */
  private boolean read(
      int row, float[] xs, int x0, int xAhead, float[] ys, int y0, int yAhead, int n) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int xNext = x0 + xAhead;
      int yNext = y0 + yAhead;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      boolean areProbabilities = true;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector linear = FloatVector.zero(FLOAT);
        FloatVector product = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (int i = part; i < whole; i += stride) {
          if (Float.floatToRawIntBits(xs[i + xNext]) == ReadAhead.FLOAT
              || Float.floatToRawIntBits(ys[i + yNext]) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + i);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + i);
          most = most.lanewise(VectorOperators.UMAX, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          product = product.fma(e.add(1f), e);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          linear = linear.add(x.neg().fma(y, positive));
        }
        if (whole < n) {
          VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n - whole - part));
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + whole + part, mask);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + whole + part, mask);
          most = most.lanewise(VectorOperators.UMAX, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          product = product.blend(product.fma(e.add(1f), e), mask);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          linear = linear.add(x.neg().fma(y, positive));
        }
        linear.intoArray(linearLanes, row * Lanes.FLOATS + part);
        product.intoArray(productLanes, row * Lanes.FLOATS + part);
        VectorMask<Integer> isNone =
            most.lanewise(VectorOperators.XOR, SIGN).compare(VectorOperators.GT, ONE ^ SIGN);
        areProbabilities &= !isNone.anyTrue();
      }
      if (!areProbabilities) {
        drop(row);
      }
      return true;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  private boolean readAndWriteSlopes(
      int row,
      float[] xs,
      int x0,
      int xAhead,
      float[] ys,
      int y0,
      int yAhead,
      float[] slopes,
      int s0,
      int n) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int xNext = x0 + xAhead;
      int yNext = y0 + yAhead;
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      boolean areProbabilities = true;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector linear = FloatVector.zero(FLOAT);
        FloatVector product = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (int i = part; i < whole; i += stride) {
          if (Float.floatToRawIntBits(xs[i + xNext]) == ReadAhead.FLOAT
              || Float.floatToRawIntBits(ys[i + yNext]) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + i);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + i);
          most = most.lanewise(VectorOperators.UMAX, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          FloatVector both = e.add(1f);
          product = product.fma(both, e);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          linear = linear.add(x.neg().fma(y, positive));
          FloatVector slope = (FloatVector) LogitKernel.SLOPE.invokeExact(x, y, e, both);
          slope.intoArray(slopes, s0 + i);
        }
        if (whole < n) {
          VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n - whole - part));
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + whole + part, mask);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + whole + part, mask);
          most = most.lanewise(VectorOperators.UMAX, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          FloatVector both = e.add(1f);
          product = product.blend(product.fma(both, e), mask);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          linear = linear.add(x.neg().fma(y, positive));
          FloatVector slope = (FloatVector) LogitKernel.SLOPE.invokeExact(x, y, e, both);
          slope.intoArray(slopes, s0 + whole + part);
        }
        linear.intoArray(linearLanes, row * Lanes.FLOATS + part);
        product.intoArray(productLanes, row * Lanes.FLOATS + part);
        VectorMask<Integer> isNone =
            most.lanewise(VectorOperators.XOR, SIGN).compare(VectorOperators.GT, ONE ^ SIGN);
        areProbabilities &= !isNone.anyTrue();
      }
      if (!areProbabilities) {
        drop(row);
      }
      return true;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** Sums the rows that were read; false if one is not ordinary. */
  boolean finish(int rows) {
    foldLanes(rows);
    boolean areOrdinary = true;
    for (int row = 0; row < rows; row++) {
      sums[row] = linear(row * HALF) + logarithm(product(row * HALF), product(row * HALF + 1));
      areOrdinary &= !Double.isNaN(sums[row]);
    }
    return areOrdinary;
  }

  /** The sum of a row; NaN if it is not ordinary. */
  double sum(int row) {
    return sums[row];
  }

  private void foldLanes(int rows) {
    try {
      for (int row = 0; row < rows; row++) {
        for (int part = 0; part < HALF; part += Lanes.DOUBLE_STEP) {
          int lane = row * Lanes.FLOATS + part;
          DoubleVector one = (DoubleVector) WIDENED.invokeExact(linearLanes, lane);
          DoubleVector another = (DoubleVector) WIDENED.invokeExact(linearLanes, lane + HALF);
          one.add(another).intoArray(linearHalves, row * HALF + part);
          DoubleVector p = (DoubleVector) WIDENED.invokeExact(productLanes, lane);
          DoubleVector q = (DoubleVector) WIDENED.invokeExact(productLanes, lane + HALF);
          p.fma(q, p.add(q)).intoArray(productHalves, row * HALF + part);
        }
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  static DoubleVector widened(float[] lanes, int lane) {
    return (DoubleVector)
        FloatVector.fromArray(NARROW, lanes, lane)
            .convertShape(VectorOperators.F2D, Lanes.DOUBLE, 0);
  }

  private double linear(int i) {
    double[] halves = linearHalves;
    double even = (halves[i] + halves[i + 4]) + (halves[i + 2] + halves[i + 6]);
    double odd = (halves[i + 1] + halves[i + 5]) + (halves[i + 3] + halves[i + 7]);
    return even + odd;
  }

  /** Of every other lane. */
  private double product(int i) {
    double[] halves = productHalves;
    double one = product(halves[i], halves[i + 4]);
    double another = product(halves[i + 2], halves[i + 6]);
    return product(one, another);
  }

  private static double logarithm(double p, double q) {
    double both = product(p, q);
    // Of a whole block of logits near 0 they are 2^1024.
    return both < Double.POSITIVE_INFINITY
        ? ScalarMath.log1p(both)
        : ScalarMath.log1p(p) + ScalarMath.log1p(q);
  }

  /** (1 + p)·(1 + q) − 1. */
  private static double product(double p, double q) {
    return Math.fma(p, q, p + q);
  }
}
