package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.DOUBLE;
import static dev.batchloss.cpu.Lanes.DOUBLE_STEP;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link FloatSumExp} in doubles: the bits of {@link DoubleKernel} with fewer instructions. */
final class DoubleSumExp {
  /** The least exponent at which an element may be above the limit of {@link SegmentStatistics}. */
  private static final long TOO_GREAT =
      Double.doubleToRawLongBits(
          DoubleMath.ROUNDING + Math.rint(SegmentStatistics.LAG * DoubleMath.exp2Factor(1)));

  /** The logarithm to base 2 of a padding, which adds 0. */
  static final double PADDING = -2000;

  private DoubleSumExp() {}

  /** Fills {@code out.sum}; false if the block is not ordinary and that is not its sum. */
  static boolean sum(double[] block, int offset, int n, double shift, double scale, BlockSums out) {
    return addLanes(block, offset, n, shift, scale, out.doubleLanes, 0, out)
        && isSum(out.doubleGreatest, out);
  }

  /** Leaves the sum's lanes from {@code at} on, and the greatest; false if it gives up. */
  static boolean addLanes(
      double[] block,
      int offset,
      int n,
      double shift,
      double scale,
      double[] lanes,
      int at,
      BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      int stride = Lanes.doubleStride;
      int ahead = ReadAhead.doubles(block, offset + n);
      double factor = DoubleMath.exp2Factor(scale);
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector factors = DoubleMath.ONE.mul(factor);
      long greatest = 0;
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        LongVector most = DoubleVector.zero(DOUBLE).reinterpretAsLongs();
        for (int i = offset + part; i < offset + whole; i += stride) {
          if (Double.doubleToRawLongBits(block[i + ahead]) == ReadAhead.DOUBLE) {
            return false;
          }
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, i).sub(shifts);
          DoubleVector rounded =
              distance.lanewise(VectorOperators.FMA, factors, DoubleMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsLongs());
          sum =
              sum.add(
                  (DoubleVector)
                      DoubleMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
        }
        if (whole < n) {
          VectorMask<Double> mask = DOUBLE.indexInRange(0, Math.max(0, n - whole - part));
          DoubleVector x = DoubleVector.fromArray(DOUBLE, block, offset + whole + part, mask);
          DoubleVector distance =
              DoubleVector.broadcast(DOUBLE, PADDING / factor).blend(x.sub(shifts), mask);
          DoubleVector rounded =
              distance.lanewise(VectorOperators.FMA, factors, DoubleMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsLongs());
          sum =
              sum.add(
                  (DoubleVector)
                      DoubleMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
        }
        sum.intoArray(lanes, at + part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      out.doubleGreatest = greatest;
      return true;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** The same, and Σ e^d·d and Σ e^2d with the bits of {@link DoubleKernel#moments}. */
  static boolean sumAndMoments(
      double[] block, int offset, int n, double shift, double scale, BlockSums out) {
    try {
      int whole = n - n % Lanes.DOUBLES;
      int stride = Lanes.doubleStride;
      int ahead = ReadAhead.doubles(block, offset + n);
      double factor = DoubleMath.exp2Factor(scale);
      DoubleVector shifts = DoubleMath.ONE.mul(shift);
      DoubleVector factors = DoubleMath.ONE.mul(factor);
      long greatest = 0;
      for (int part = 0; part < Lanes.DOUBLES; part += DOUBLE_STEP) {
        DoubleVector sum = DoubleVector.zero(DOUBLE);
        DoubleVector entropies = DoubleVector.zero(DOUBLE);
        DoubleVector squares = DoubleVector.zero(DOUBLE);
        LongVector most = DoubleVector.zero(DOUBLE).reinterpretAsLongs();
        for (int i = offset + part; i < offset + whole; i += stride) {
          if (Double.doubleToRawLongBits(block[i + ahead]) == ReadAhead.DOUBLE) {
            return false;
          }
          DoubleVector distance = DoubleVector.fromArray(DOUBLE, block, i).sub(shifts);
          DoubleVector rounded =
              distance.lanewise(VectorOperators.FMA, factors, DoubleMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsLongs());
          DoubleVector e =
              (DoubleVector) DoubleMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded);
          sum = sum.add(e);
          entropies = e.fma(distance, entropies);
          squares = e.fma(e, squares);
        }
        if (whole < n) {
          VectorMask<Double> mask = DOUBLE.indexInRange(0, Math.max(0, n - whole - part));
          DoubleVector x = DoubleVector.fromArray(DOUBLE, block, offset + whole + part, mask);
          DoubleVector distance =
              DoubleVector.broadcast(DOUBLE, PADDING / factor).blend(x.sub(shifts), mask);
          DoubleVector rounded =
              distance.lanewise(VectorOperators.FMA, factors, DoubleMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsLongs());
          DoubleVector e =
              (DoubleVector) DoubleMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded);
          sum = sum.add(e);
          entropies = e.fma(distance, entropies);
          squares = e.fma(e, squares);
        }
        sum.intoArray(out.doubleLanes, part);
        entropies.intoArray(out.moreDoubleLanes, part);
        squares.intoArray(out.doubleSquareLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      out.entropyMoment = BlockSums.sum(out.moreDoubleLanes) * scale;
      out.squareSum = BlockSums.sum(out.doubleSquareLanes);
      return isSum(greatest, out);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /**
   * Whether every element of the ordinary block that was summed last is known to be less than
   * {@code x}; as a rule by looking at none of them again.
   */
  static boolean isBelow(double x, double shift, double scale, BlockSums sums) {
    double rounded = Math.fma(x - shift, DoubleMath.exp2Factor(scale), DoubleMath.ROUNDING);
    return sums.doubleGreatest < Double.doubleToRawLongBits(rounded);
  }

  /** Sums the lanes; whether all of them hold what they should. */
  static boolean isSum(long greatest, BlockSums out) {
    return isSum(greatest, out.doubleLanes, 0, out);
  }

  /** The same of lanes that begin {@code at} a place. */
  static boolean isSum(long greatest, double[] lanes, int at, BlockSums out) {
    out.doubleGreatest = greatest;
    out.sum = BlockSums.sum(lanes, at);
    return greatest < TOO_GREAT && !Double.isNaN(out.sum);
  }
}
