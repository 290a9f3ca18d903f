package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import dev.batchloss.data.ElementType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * BFLOAT16 numbers as floats, of which they are the upper half, and back. C2 makes no vectors of
 * these loops by itself.
 */
final class Bfloat16 {
  private static final int FRACTION_LOSS = 16;

  /** Added to a number it carries where the lost part is more than half. */
  private static final int BELOW_HALF = 0x7fff;

  /** The number's last bit, by which a half is rounded to even. */
  private static final int LAST_BIT = 1;

  /** Which NaN it is is no matter, but one it has to be. */
  private static final int QUIET_NAN = 0x7fc0 << FRACTION_LOSS;

  private static final VectorSpecies<Integer> INTEGERS = VectorSpecies.of(int.class, Lanes.SHAPE);
  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

  private Bfloat16() {}

  static void widen(short[] from, int fromOffset, int n, float[] to, int offset) {
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      IntVector bits =
          (IntVector)
              ShortVector.fromArray(HALVES, from, fromOffset + i)
                  .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTEGERS, 0);
      bits.lanewise(VectorOperators.LSHL, FRACTION_LOSS)
          .reinterpretAsFloats()
          .intoArray(to, offset + i);
    }
    for (; i < n; i++) {
      to[offset + i] = ElementType.bfloat16ToFloat(from[fromOffset + i]);
    }
  }

  /** Rounds to nearest, ties to even; a NaN stays one, and another on vectors than alone. */
  static void narrow(float[] from, int fromOffset, int n, short[] to, int offset) {
    int i = 0;
    for (; i <= n - FLOAT_STEP; i += FLOAT_STEP) {
      FloatVector x = FloatVector.fromArray(FLOAT, from, fromOffset + i);
      IntVector bits = x.reinterpretAsInts();
      IntVector last =
          bits.lanewise(VectorOperators.LSHR, FRACTION_LOSS)
              .lanewise(VectorOperators.AND, LAST_BIT);
      bits.add(BELOW_HALF)
          .add(last)
          .blend(QUIET_NAN, x.test(VectorOperators.IS_NAN).cast(INTEGERS))
          .lanewise(VectorOperators.LSHR, FRACTION_LOSS)
          .convertShape(VectorOperators.I2S, HALVES, 0)
          .reinterpretAsShorts()
          .intoArray(to, offset + i);
    }
    for (; i < n; i++) {
      to[offset + i] = ElementType.floatToBfloat16(from[fromOffset + i]);
    }
  }
}
