package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("vectorWidth")
class Bfloat16Test {
  private static final int OFFSET = 3;

  @Test
  void everyNumberIsWidenedToTheSameBits() {
    short[] all = new short[1 << Short.SIZE];
    for (int i = 0; i < all.length; i++) {
      all[i] = (short) i;
    }
    for (boolean onVectors : new boolean[] {true, false}) {
      float[] floats = new float[OFFSET + all.length];
      FloatLoops.widen(onVectors, all, 0, all.length, floats, OFFSET);
      for (int i = 0; i < all.length; i++) {
        assertThat(Float.floatToRawIntBits(floats[OFFSET + i])).isEqualTo(i << Short.SIZE);
      }
    }
  }

  @Test
  void nothingBesideThemIsWritten() {
    for (int n = 0; n < 70; n++) {
      float[] floats = new float[OFFSET + n + 1];
      short[] ones = new short[n];
      Arrays.fill(ones, (short) 0x3f80);
      Bfloat16.widen(ones, 0, n, floats, OFFSET);
      assertThat(floats[OFFSET - 1]).isZero();
      assertThat(floats[OFFSET + n]).isZero();
      for (int i = 0; i < n; i++) {
        assertThat(floats[OFFSET + i]).isEqualTo(1);
      }
    }
  }

  @Test
  void floatsAreRoundedToTheSameBitsAndNanToNan() {
    Random random = new Random(5);
    float[] floats = new float[OFFSET + 100_003];
    float[] edges = {
      0f,
      -0f,
      1f,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.MIN_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN,
      Float.intBitsToFloat(0x7f800001),
      Float.intBitsToFloat(0xffffffff),
      Float.intBitsToFloat(0x7fffffff),
      Float.intBitsToFloat(0x3f808000),
      Float.intBitsToFloat(0x3f818000),
      Float.intBitsToFloat(0x3f808001),
      Float.intBitsToFloat(0x3f807fff)
    };
    for (int i = 0; i < floats.length; i++) {
      floats[i] = i < 200 ? edges[i % edges.length] : Float.intBitsToFloat(random.nextInt());
    }
    int n = floats.length - OFFSET;
    short[] halves = new short[2 + n + 1];
    Bfloat16.narrow(floats, OFFSET, n, halves, 2);
    for (int i = 0; i < n; i++) {
      float x = floats[OFFSET + i];
      float rounded = ElementType.bfloat16ToFloat(halves[2 + i]);
      if (Float.isNaN(x)) {
        assertThat(rounded).isNaN();
      } else {
        assertThat(halves[2 + i]).as("%s", x).isEqualTo(nearest(x));
      }
    }
    assertThat(halves[1]).isZero();
    assertThat(halves[2 + n]).isZero();
  }

  /** Of the two numbers around {@code x} the nearer, or the one with an even last bit. */
  private static short nearest(float x) {
    int low = Float.floatToRawIntBits(x) >>> Short.SIZE;
    // What would come after the greatest number, as if exponents went on.
    double above =
        (low & 0x7fff) == 0x7f7f
            ? Math.copySign(0x1p128, x)
            : Float.intBitsToFloat((low + 1) << Short.SIZE);
    double toLow = Math.abs((double) x - Float.intBitsToFloat(low << Short.SIZE));
    double toAbove = Math.abs(above - x);
    boolean isLow = Float.isInfinite(x) || toLow < toAbove || (toLow == toAbove && low % 2 == 0);
    return (short) (isLow ? low : low + 1);
  }
}
