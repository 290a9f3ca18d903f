package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The sum of one row's block in the loop that writes the gradient of another's. The one waits for
 * memory to be read, the other for memory to be written, and one after the other they take the time
 * of both.
 */
final class SumBesideGradient {
  private SumBesideGradient() {}

  /**
   * {@link FloatSumExp#sum} of a block, and beside it {@link FloatKernel#gradient} of as many whole
   * virtual vectors as that has, of gradients with no entropy; written even where there is no sum.
   */
  static boolean sum(
      float[] block,
      int offset,
      int n,
      float shift,
      float scale,
      BlockSums out,
      GradientBlock beside) {
    try {
      int whole = n - n % Lanes.FLOATS;
      int stride = Lanes.floatStride;
      int ahead = ReadAhead.floats(block, offset + n);
      float factor = FloatMath.exp2Factor(scale);
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(factor);
      float[] logits = beside.logits;
      float[] gradient = beside.gradient;
      int toLogits = beside.logitsOffset - offset;
      int toGradient = beside.gradientOffset - offset;
      FloatVector besideShifts = FloatMath.ONE.mul(beside.shift);
      FloatVector u = FloatMath.ONE.mul((float) beside.scalars.u);
      FloatVector minusK = FloatMath.ONE.mul((float) -beside.scalars.k);
      int greatest = 0;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (int i = offset + part; i < offset + whole; i += stride) {
          if (Float.floatToRawIntBits(block[i + ahead]) == ReadAhead.FLOAT) {
            out.metNan = true;
          }
          FloatVector besideDistance =
              FloatVector.fromArray(FLOAT, logits, i + toLogits).sub(besideShifts);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(besideDistance, factors);
          e.fma(u, minusK).intoArray(gradient, i + toGradient);
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
              FloatVector.broadcast(FLOAT, FloatSumExp.PADDING / factor).blend(x.sub(shifts), mask);
          FloatVector rounded = distance.lanewise(VectorOperators.FMA, factors, FloatMath.ROUNDING);
          most = most.lanewise(VectorOperators.MAX, rounded.reinterpretAsInts());
          sum =
              sum.add(
                  (FloatVector) FloatMath.EXP2_OF_ROUNDED.invokeExact(distance, factors, rounded));
        }
        sum.intoArray(out.floatLanes, part);
        greatest = Math.max(greatest, most.reduceLanes(VectorOperators.MAX));
      }
      return FloatSumExp.isSum(greatest, out);
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
