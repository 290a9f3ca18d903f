package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Σ e^d of an ordinary block of floats: the bits of {@link FloatKernel#sumExp} with fewer
 * instructions. Two comparisons with their blends are two maxima of integers instead: what
 * exponents are rounded in lies between 2^23 and 2^24, where floats and their bits have one order.
 * The price is that there is no maximum, and that −∞, NaN and what is so far below the shift that
 * the polynomial overflows make the sum NaN, so that a block of those has to be summed by the
 * other.
 */
final class FloatSumExp {
  /** The least exponent at which an element may be above the limit of {@link SegmentStatistics}. */
  private static final int TOO_GREAT =
      Float.floatToRawIntBits(
          FloatMath.ROUNDING + (float) Math.rint(SegmentStatistics.LAG * FloatMath.exp2Factor(1)));

  /** The logarithm to base 2 of a padding, which adds 0. */
  static final float PADDING = -2000;

  private FloatSumExp() {}

  /** Fills {@code out.sum}; false if the block is not ordinary and that is not its sum. */
  static boolean sum(float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    return addLanes(block, offset, n, shift, scale, out.floatLanes, 0, out)
        && isSum(out.floatGreatest, out);
  }

  /** Leaves the sum's lanes from {@code at} on, and the greatest; false if it gives up. */
  static boolean addLanes(
      float[] block,
      int offset,
      int n,
      float shift,
      float scale,
      float[] lanes,
      int at,
      BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int ahead = ReadAhead.floats(block, offset + n);
      float factor = FloatMath.exp2Factor(scale);
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(factor);
      int greatest = 0;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (int i = offset + part; i < offset + whole; i += stride) {
          if (Float.floatToRawIntBits(block[i + ahead]) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector distance = FloatVector.fromArray(FLOAT, block, i).sub(shifts);
          FloatVector rounded = distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
          sum =
              sum.add(
                  (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
        }
        if (whole < n) {
          VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n - whole - part));
          FloatVector x = FloatVector.fromArray(FLOAT, block, offset + whole + part, mask);
          FloatVector distance =
              FloatVector.broadcast(FLOAT, PADDING / factor).blend(x.sub(shifts), mask);
          FloatVector rounded = distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
          sum =
              sum.add(
                  (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
        }
        sum.intoArray(lanes, at + part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      out.floatGreatest = greatest;
      return true;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** The same, and Σ e^d·d and Σ e^2d with the bits of {@link FloatKernel#moments}. */
  static boolean sumAndMoments(
      float[] block, int offset, int n, float shift, float scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int ahead = ReadAhead.floats(block, offset + n);
      float factor = FloatMath.exp2Factor(scale);
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(factor);
      int greatest = 0;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        FloatVector entropies = FloatVector.zero(FLOAT);
        FloatVector squares = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (int i = offset + part; i < offset + whole; i += stride) {
          if (Float.floatToRawIntBits(block[i + ahead]) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector distance = FloatVector.fromArray(FLOAT, block, i).sub(shifts);
          FloatVector rounded = distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded);
          sum = sum.add(e);
          entropies = e.fma(distance, entropies);
          squares = e.fma(e, squares);
        }
        if (whole < n) {
          VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n - whole - part));
          FloatVector x = FloatVector.fromArray(FLOAT, block, offset + whole + part, mask);
          FloatVector distance =
              FloatVector.broadcast(FLOAT, PADDING / factor).blend(x.sub(shifts), mask);
          FloatVector rounded = distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded);
          sum = sum.add(e);
          entropies = e.fma(distance, entropies);
          squares = e.fma(e, squares);
        }
        sum.intoArray(out.floatLanes, part);
        entropies.intoArray(out.moreFloatLanes, part);
        squares.intoArray(out.floatSquareLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      out.entropyMoment = BlockSums.sum(out.moreFloatLanes) * scale;
      out.squareSum = BlockSums.sum(out.floatSquareLanes);
      return isSum(greatest, out);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /**
   * Whether every element of the ordinary block that was summed last is known to be less than
   * {@code x}; as a rule by looking at none of them again.
   */
  static boolean isBelow(float x, float shift, float scale, BlockSums sums) {
    float rounded = Math.fma(x - shift, FloatMath.exp2Factor(scale), FloatMath.ROUNDING);
    return sums.floatGreatest < Float.floatToRawIntBits(rounded);
  }

  /** Sums the lanes; whether all of them hold what they should. */
  static boolean isSum(int greatest, BlockSums out) {
    return isSum(greatest, out.floatLanes, 0, out);
  }

  /** The same of lanes that begin {@code at} a place. */
  static boolean isSum(int greatest, float[] lanes, int at, BlockSums out) {
    out.floatGreatest = greatest;
    out.sum = BlockSums.sum(lanes, at);
    return greatest < TOO_GREAT && !Double.isNaN(out.sum);
  }
}
