package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOATS;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link FloatSumExp} of 16-bit numbers where they lie in an array, of whole virtual vectors: they
 * are widened in the same loop, so that no floats have to be stored and loaded again.
 */
final class HalfSumExp {
  private static final VectorSpecies<Integer> INTEGERS = VectorSpecies.of(int.class, Lanes.SHAPE);
  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

  private static final int BFLOAT16_POSITION = 16;

  /** Where the fraction of a FLOAT16 begins in a float, and what moves its exponent there. */
  private static final int FLOAT16_POSITION = 13;

  private static final int FLOAT16_BITS = 0x8fffe000;
  private static final float FLOAT16_SCALE = 0x1p112f;

  private static final short MAGNITUDE = 0x7fff;
  private static final short FLOAT16_INFINITY = 0x7c00;

  private HalfSumExp() {}

  /** Fills {@code out.sum}; false if the block is not ordinary and that is not its sum. */
  static boolean sumBfloat16(
      short[] block, int offset, int n, float shift, float scale, BlockSums out) {
    try {
      int stride = Lanes.floatStride;
      int ahead = ReadAhead.halves(block, offset + n);
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      int greatest = 0;
      for (int part = 0; part < FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(Lanes.FLOAT);
        IntVector most = FloatVector.zero(Lanes.FLOAT).reinterpretAsInts();
        for (int from = offset; from < offset + n; from += ReadAhead.HALVES) {
          int to = Math.min(offset + n, from + ReadAhead.HALVES);
          for (int line = from + ahead; line < to + ahead; line += ReadAhead.LINE_OF_HALVES) {
            if (block[line] == ReadAhead.HALF) {
              return false;
            }
          }
          for (int i = from + part; i < to; i += stride) {
            IntVector bits =
                (IntVector)
                    ShortVector.fromArray(HALVES, block, i)
                        .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTEGERS, 0);
            FloatVector distance =
                bits.lanewise(VectorOperators.LSHL, BFLOAT16_POSITION)
                    .reinterpretAsFloats()
                    .sub(shifts);
            FloatVector rounded =
                distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
            most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
            sum =
                sum.add(
                    (FloatVector)
                        FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
          }
        }
        sum.intoArray(out.floatLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      return FloatSumExp.isSum(greatest, out);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /**
   * The same of FLOAT16, whose exponent is set right by a multiplication: subnormal numbers come
   * out right as well, but infinities and NaN as numbers, so that their bits are looked at.
   */
  static boolean sumFloat16(
      short[] block, int offset, int n, float shift, float scale, BlockSums out) {
    try {
      int stride = Lanes.floatStride;
      int ahead = ReadAhead.halves(block, offset + n);
      FloatVector minusShifts = FloatMath.ONE.mul(-shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      int greatest = 0;
      boolean isFinite = true;
      for (int part = 0; part < FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(Lanes.FLOAT);
        IntVector most = FloatVector.zero(Lanes.FLOAT).reinterpretAsInts();
        ShortVector magnitudes = ShortVector.zero(HALVES);
        for (int from = offset; from < offset + n; from += ReadAhead.HALVES) {
          int to = Math.min(offset + n, from + ReadAhead.HALVES);
          for (int line = from + ahead; line < to + ahead; line += ReadAhead.LINE_OF_HALVES) {
            if (block[line] == ReadAhead.HALF) {
              return false;
            }
          }
          for (int i = from + part; i < to; i += stride) {
            ShortVector halves = ShortVector.fromArray(HALVES, block, i);
            magnitudes =
                magnitudes.lanewise(
                    VectorOperators.MAX, halves.lanewise(VectorOperators.AND, MAGNITUDE));
            IntVector bits = (IntVector) halves.convertShape(VectorOperators.S2I, INTEGERS, 0);
            FloatVector distance =
                bits.lanewise(VectorOperators.LSHL, FLOAT16_POSITION)
                    .lanewise(VectorOperators.AND, FLOAT16_BITS)
                    .reinterpretAsFloats()
                    .lanewise(
                        VectorOperators.FMA,
                        FloatVector.broadcast(Lanes.FLOAT, FLOAT16_SCALE),
                        minusShifts);
            FloatVector rounded =
                distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
            most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
            sum =
                sum.add(
                    (FloatVector)
                        FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
          }
        }
        sum.intoArray(out.floatLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
        isFinite &= magnitudes.reduceLanes(VectorOperators.MAX) < FLOAT16_INFINITY;
      }
      return FloatSumExp.isSum(greatest, out) && isFinite;
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
