package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way to a block's sum against the one that takes every block. */
class FloatSumExpTest {
  private static final int OFFSET = 3;
  private static final int LONGEST = 1024;

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "-1e30, 1e-30", "7, 0.01", "3, 30", "1e6, 1"})
  void ordinaryBlocksHaveTheSameBits(float shift, float scale) {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      float[] block = block(n, shift, scale);
      assertThat(isOrdinary(block, n, shift, scale)).as("%s elements", n).isTrue();
      assertThat(ofOrdinary(block, n, shift, scale).floatLanes)
          .as("%s elements", n)
          .isEqualTo(ofAny(block, n, shift, scale).floatLanes);
      assertThat(ofOrdinary(block, n, shift, scale).sum)
          .isEqualTo(ofAny(block, n, shift, scale).sum);
    }
  }

  @Test
  void nativeMemoryHasTheSameBits() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate((OFFSET + LONGEST) * (long) Float.BYTES);
      for (int n = Lanes.FLOATS; n <= LONGEST; n += Lanes.FLOATS) {
        float[] block = block(n, 5, 2);
        MemorySegment.copy(block, 0, memory, ValueLayout.JAVA_FLOAT, 0, block.length);
        BlockSums sums = new BlockSums();
        assertThat(NativeKernel.sumExp(memory, OFFSET * (long) Float.BYTES, n, 5, 2, sums))
            .isTrue();
        assertThat(sums.floatLanes).isEqualTo(ofAny(block, n, 5, 2).floatLanes);
        memory.set(ValueLayout.JAVA_FLOAT, (OFFSET + n - 1) * (long) Float.BYTES, Float.NaN);
        assertThat(NativeKernel.sumExp(memory, OFFSET * (long) Float.BYTES, n, 5, 2, sums))
            .isFalse();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "-1e30, 1e-30", "7, 0.01", "3, 30", "1e6, 1"})
  void momentsHaveTheSameBits(float shift, float scale) {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      float[] block = block(n, shift, scale);
      block[OFFSET + n / 2] = shift - 120 / scale;
      BlockSums sums = new BlockSums();
      assertThat(FloatSumExp.sumAndMoments(block, OFFSET, n, shift, scale, sums)).isTrue();
      BlockSums any = ofAny(block, n, shift, scale);
      assertThat(sums.floatLanes).isEqualTo(any.floatLanes);
      assertThat(sums.sum).isEqualTo(any.sum);
      FloatKernel.moments(block, OFFSET, n, shift, scale, any);
      assertThat(sums.moreFloatLanes).isEqualTo(any.floatLanes);
      assertThat(sums.floatSquareLanes).isEqualTo(any.moreFloatLanes);
      assertThat(sums.entropyMoment).isEqualTo(any.entropyMoment);
      assertThat(sums.squareSum).isEqualTo(any.squareSum);
    }
  }

  /** Never where an element is as great; and not of a bound that is far above all of them. */
  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "-1e30, 1e-30", "7, 0.01", "1e6, 1"})
  void whatIsBelowABoundIsKnown(float shift, float scale) {
    float[] block = block(LONGEST, shift, scale);
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = OFFSET; i < block.length; i++) {
      greatest = Math.max(greatest, block[i]);
    }
    BlockSums sums = new BlockSums();
    assertThat(FloatSumExp.sum(block, OFFSET, LONGEST, shift, scale, sums)).isTrue();
    for (float bound = greatest, i = 0; i < 50; i++, bound = Math.nextDown(bound)) {
      assertThat(FloatSumExp.isBelow(bound, shift, scale, sums)).as("%s", bound).isFalse();
    }
    assertThat(FloatSumExp.isBelow(greatest + 2 / scale, shift, scale, sums)).isTrue();
    assertThat(FloatSumExp.isBelow(Float.NEGATIVE_INFINITY, shift, scale, sums)).isFalse();
  }

  /** Down to where powers are subnormal, and on to where they are 0. */
  @Test
  void smallPowersHaveTheSameBits() {
    float[] block = new float[OFFSET + LONGEST];
    for (int i = 0; i < LONGEST; i++) {
      block[OFFSET + i] = -80 - i / 64f;
    }
    for (int n = 1; n <= LONGEST; n += 16) {
      assertThat(isOrdinary(block, n, 0, 1)).isTrue();
      assertThat(ofOrdinary(block, n, 0, 1).floatLanes).isEqualTo(ofAny(block, n, 0, 1).floatLanes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      floats = {
        Float.NaN,
        Float.NEGATIVE_INFINITY,
        Float.POSITIVE_INFINITY,
        -3e38f,
        3e38f,
        8.01f,
        90,
        1e6f
      })
  void whatIsNoOrdinaryElementIsNoticed(float hostile) {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        float[] block = block(n, 0, 1);
        block[OFFSET + at] = hostile;
        assertThat(isOrdinary(block, n, 0, 1)).as("%s at %s of %s", hostile, at, n).isFalse();
      }
    }
  }

  @Test
  void nanOfAnySignAndPayloadIsNoticed() {
    for (int bits : new int[] {0x7f800001, 0x7fffffff, 0xff800001, 0xffc00000, 0xffffffff}) {
      float[] block = block(LONGEST, 0, 1);
      block[OFFSET + 77] = Float.intBitsToFloat(bits);
      assertThat(isOrdinary(block, LONGEST, 0, 1)).as("%x", bits).isFalse();
    }
  }

  private static float[] block(int n, float shift, float scale) {
    float[] block = new float[OFFSET + n];
    Random random = new Random(n);
    for (int i = 0; i < n; i++) {
      block[OFFSET + i] = (float) (shift - random.nextDouble() * 40 / scale);
    }
    return block;
  }

  private static boolean isOrdinary(float[] block, int n, float shift, float scale) {
    return FloatSumExp.sum(block, OFFSET, n, shift, scale, new BlockSums());
  }

  private static BlockSums ofOrdinary(float[] block, int n, float shift, float scale) {
    BlockSums sums = new BlockSums();
    FloatSumExp.sum(block, OFFSET, n, shift, scale, sums);
    return sums;
  }

  private static BlockSums ofAny(float[] block, int n, float shift, float scale) {
    BlockSums sums = new BlockSums();
    FloatKernel.sumExp(block, OFFSET, n, shift, scale, Float.POSITIVE_INFINITY, sums);
    return sums;
  }
}
