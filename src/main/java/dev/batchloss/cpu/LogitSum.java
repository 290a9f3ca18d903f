package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The sum of the losses of {@link LogitKernel} over a part of an ordinary row, with the same bits
 * and in one loop: no loss is stored, targets are checked by the way, and the same maximum of
 * integers as in {@link FloatSumExp} does for the comparison at the bottom of the exponential.
 * Infinite and NaN logits make the sum NaN, so that a row of those has to be summed by the others.
 */
final class LogitSum {
  private static final int ONE = Float.floatToRawIntBits(1);

  private LogitSum() {}

  /**
   * Fills {@code out.sum} with the sum of {@code n} losses, at least {@value Lanes#FLOATS}; false
   * if the row is not ordinary, or a target may not be a probability, and that is not its sum.
   */
  static boolean sum(float[] xs, int x0, float[] ys, int y0, int n, BlockSums out) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int xAhead = x0 + ReadAhead.floats(xs, x0 + n);
      int yAhead = y0 + ReadAhead.floats(ys, y0 + n);
      FloatVector factor = FloatMath.ONE.mul(FloatMath.exp2Factor(-1));
      int greatest = 0;
      int smallest = 0;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        IntVector zero = FloatVector.zero(FLOAT).reinterpretAsInts();
        IntVector most = zero;
        IntVector least = zero;
        for (int i = part; i < whole; i += stride) {
          if (Float.floatToRawIntBits(xs[i + xAhead]) == ReadAhead.FLOAT
              || Float.floatToRawIntBits(ys[i + yAhead]) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + i);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + i);
          most = most.lanewise(VectorOperators.MAX, y.reinterpretAsInts());
          least = least.lanewise(VectorOperators.MIN, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          FloatVector softplus = (FloatVector) LogitKernel.SOFTPLUS_OF_MINUS.invokeExact(e);
          sum = sum.add(softplus.add(x.neg().fma(y, positive)));
        }
        if (whole < n) {
          VectorMask<Float> mask = FLOAT.indexInRange(0, Math.max(0, n - whole - part));
          FloatVector x = FloatVector.fromArray(FLOAT, xs, x0 + whole + part, mask);
          FloatVector y = FloatVector.fromArray(FLOAT, ys, y0 + whole + part, mask);
          most = most.lanewise(VectorOperators.MAX, y.reinterpretAsInts());
          least = least.lanewise(VectorOperators.MIN, y.reinterpretAsInts());
          FloatVector magnitude = x.abs();
          FloatVector rounded = magnitude.lanewise(VectorOperators.FMA, factor, FloatMath.ROUNDING);
          FloatVector e =
              (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(magnitude, factor, rounded);
          FloatVector positive =
              x.reinterpretAsInts().lanewise(VectorOperators.MAX, 0).reinterpretAsFloats();
          FloatVector softplus = (FloatVector) LogitKernel.SOFTPLUS_OF_MINUS.invokeExact(e);
          sum = sum.add(softplus.add(x.neg().fma(y, positive)), mask);
        }
        sum.intoArray(out.floatLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
        smallest = Math.min(smallest, least.reduceLanes(VectorOperators.MIN));
      }
      out.sum = BlockSums.sum(out.floatLanes);
      return smallest >= 0 && greatest <= ONE && !Double.isNaN(out.sum);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
