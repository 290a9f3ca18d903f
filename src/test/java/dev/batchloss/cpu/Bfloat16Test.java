package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
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
      FloatLoops.widen(onVectors, all, all.length, floats, OFFSET);
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
      Bfloat16.widen(ones, n, floats, OFFSET);
      assertThat(floats[OFFSET - 1]).isZero();
      assertThat(floats[OFFSET + n]).isZero();
      for (int i = 0; i < n; i++) {
        assertThat(floats[OFFSET + i]).isEqualTo(1);
      }
    }
  }
}
