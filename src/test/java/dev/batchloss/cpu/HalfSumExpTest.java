package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Sums of 16-bit numbers where they lie against those of the floats that they are. */
@Tag("vectorWidth")
class HalfSumExpTest {
  private static final int OFFSET = 3;
  private static final int LONGEST = 1024;

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "-0.0, 1", "7, 0.01", "3, 30", "-3e4, 0.01", "6e4, 1e-3"})
  void ordinaryBlocksHaveTheSameBits(float shift, float scale) {
    Random random = new Random(1);
    for (ElementType type : new ElementType[] {ElementType.FLOAT16, ElementType.BFLOAT16}) {
      for (int n = Lanes.FLOATS; n <= LONGEST; n += Lanes.FLOATS) {
        short[] halves = new short[OFFSET + n];
        for (int i = 0; i < n; i++) {
          halves[OFFSET + i] = half(type, (float) (shift - random.nextDouble() * 40 / scale));
        }
        assertHasTheSameBits(type, halves, n, shift, scale);
      }
    }
  }

  /** All that are below the shift and finite, subnormal ones and both zeros among them. */
  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT16", "BFLOAT16"})
  void everyNumberIsTakenForWhatItIs(ElementType type) {
    for (int first = 0; first < 1 << Short.SIZE; first += Lanes.FLOATS) {
      short[] halves = new short[OFFSET + Lanes.FLOATS];
      for (int i = 0; i < Lanes.FLOATS; i++) {
        float x = value(type, (short) (first + i));
        halves[OFFSET + i] = Math.abs(x) <= 7 ? (short) (first + i) : 0;
      }
      assertHasTheSameBits(type, halves, Lanes.FLOATS, 0, 1);
      assertHasTheSameBits(type, halves, Lanes.FLOATS, 1e-6f, 1);
    }
  }

  @Test
  void infinitiesAndNanAreNoticed() {
    for (float shift : new float[] {0, 65504, -65504}) {
      for (int bits = 0; bits < 1 << Short.SIZE; bits++) {
        if ((bits & 0x7c00) == 0x7c00) {
          short[] halves = new short[OFFSET + LONGEST];
          Arrays.fill(halves, half(ElementType.FLOAT16, shift));
          halves[OFFSET + bits % LONGEST] = (short) bits;
          assertThat(HalfSumExp.sumFloat16(halves, OFFSET, LONGEST, shift, 1, new BlockSums()))
              .as("%x", bits)
              .isFalse();
        }
        if ((bits & 0x7f80) == 0x7f80) {
          short[] halves = new short[OFFSET + LONGEST];
          halves[OFFSET + bits % LONGEST] = (short) bits;
          assertThat(HalfSumExp.sumBfloat16(halves, OFFSET, LONGEST, 0, 1, new BlockSums()))
              .as("%x", bits)
              .isFalse();
        }
      }
    }
  }

  private static void assertHasTheSameBits(
      ElementType type, short[] halves, int n, float shift, float scale) {
    float[] floats = new float[halves.length];
    for (int i = 0; i < halves.length; i++) {
      floats[i] = value(type, halves[i]);
    }
    BlockSums sums = new BlockSums();
    boolean isOrdinary =
        type == ElementType.FLOAT16
            ? HalfSumExp.sumFloat16(halves, OFFSET, n, shift, scale, sums)
            : HalfSumExp.sumBfloat16(halves, OFFSET, n, shift, scale, sums);
    BlockSums any = new BlockSums();
    FloatKernel.sumExp(floats, OFFSET, n, shift, scale, Float.POSITIVE_INFINITY, any);
    assertThat(isOrdinary).isTrue();
    assertThat(sums.floatLanes).isEqualTo(any.floatLanes);
    assertThat(sums.sum).isEqualTo(any.sum);
  }

  private static short half(ElementType type, float x) {
    return type == ElementType.FLOAT16 ? Float.floatToFloat16(x) : ElementType.floatToBfloat16(x);
  }

  private static float value(ElementType type, short bits) {
    return type == ElementType.FLOAT16
        ? Float.float16ToFloat(bits)
        : ElementType.bfloat16ToFloat(bits);
  }
}
