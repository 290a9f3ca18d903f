package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * BFLOAT16 numbers as floats, of which they are the upper half. C2 makes no vectors of it alone.
 */
final class Bfloat16 {
  private static final int FRACTION_LOSS = 16;
  private static final VectorSpecies<Integer> INTEGERS = VectorSpecies.of(int.class, Lanes.SHAPE);
  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

  private Bfloat16() {}

  static void widen(short[] from, int n, float[] to, int offset) {
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      IntVector bits =
          (IntVector)
              ShortVector.fromArray(HALVES, from, i)
                  .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTEGERS, 0);
      bits.lanewise(VectorOperators.LSHL, FRACTION_LOSS)
          .reinterpretAsFloats()
          .intoArray(to, offset + i);
    }
    for (; i < n; i++) {
      to[offset + i] = Float.intBitsToFloat(from[i] << FRACTION_LOSS);
    }
  }
}
