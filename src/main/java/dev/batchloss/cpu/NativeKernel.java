package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The loops that memory is read and written most by, over native memory that is no mapped file: to
 * copy it takes as long as the loop itself. Loops of their own, because one that has met arrays and
 * native memory is compiled for neither.
 */
final class NativeKernel {
  private NativeKernel() {}

  /** {@link FloatSumExp#sum} of whole virtual vectors. */
  static boolean sumExp(
      MemorySegment memory, long start, int n, float shift, float scale, BlockSums out) {
    try {
      long stride = (long) Lanes.floatStride * Float.BYTES;
      long end = start + (long) n * Float.BYTES;
      long ahead = ReadAhead.bytes(memory, end);
      FloatVector shifts = FloatMath.ONE.mul(shift);
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      int greatest = 0;
      for (int part = 0; part < Lanes.FLOATS; part += FLOAT_STEP) {
        FloatVector sum = FloatVector.zero(FLOAT);
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts();
        for (long at = start + (long) part * Float.BYTES; at < end; at += stride) {
          if (memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + ahead) == ReadAhead.FLOAT) {
            return false;
          }
          FloatVector distance =
              FloatVector.fromMemorySegment(FLOAT, memory, at, ByteOrder.nativeOrder()).sub(shifts);
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

  /**
   * The loop of {@link FloatKernel#gradient} over whole virtual vectors, from one memory to another
   * or over itself; of gradients with no entropy.
   */
  static void gradient(
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
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
      for (int i = 0; i < n; i += step) {
        long at = (long) i * Float.BYTES;
        FloatVector distance =
            FloatVector.fromMemorySegment(FLOAT, from, fromByte + at, ByteOrder.nativeOrder())
                .sub(shifts);
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, factors);
        e.fma(u, minusK).intoMemorySegment(to, toByte + at, ByteOrder.nativeOrder());
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
