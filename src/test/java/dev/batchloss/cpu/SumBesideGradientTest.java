package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loop that does two things against the loops that do one each. */
@Tag("vectorWidth")
class SumBesideGradientTest {
  private static final int OFFSET = 3;
  private static final int LONGEST = 1024;
  private static final float SHIFT = 5;
  private static final float SCALE = 2;
  private static final float ROW_SHIFT = 4;

  @Test
  void bothHaveTheBitsOfTheLoopsThatDoOneEach() {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      float[] block = block(n, 1);
      float[] logits = block(n, 2);
      float[] gradient = new float[7 + n];
      BlockSums sums = new BlockSums();
      assertThat(run(block, n, sums, beside(logits, gradient, 7))).as("%s elements", n).isTrue();
      BlockSums alone = new BlockSums();
      assertThat(FloatSumExp.sum(block, OFFSET, n, SHIFT, SCALE, alone)).isTrue();
      assertThat(sums.floatLanes).isEqualTo(alone.floatLanes);
      assertThat(sums.sum).isEqualTo(alone.sum);
      assertThat(sums.floatGreatest).isEqualTo(alone.floatGreatest);
      assertThat(gradient).as("%s elements", n).isEqualTo(gradientAlone(logits, n, 7));
    }
  }

  @Test
  void aGradientMayReplaceItsLogits() {
    float[] both = new float[2 * LONGEST];
    System.arraycopy(block(LONGEST, 1), OFFSET, both, 0, LONGEST);
    System.arraycopy(block(LONGEST, 2), OFFSET, both, LONGEST, LONGEST);
    float[] want = gradientAlone(block(LONGEST, 1), LONGEST, 0);
    GradientBlock beside = beside(both, both, 0);
    beside.logitsOffset = 0;
    BlockSums sums = new BlockSums();
    assertThat(SumBesideGradient.sum(both, LONGEST, LONGEST, SHIFT, SCALE, sums, beside)).isTrue();
    assertThat(both).startsWith(want);
    assertThat(both).endsWith(Arrays.copyOfRange(block(LONGEST, 2), OFFSET, OFFSET + LONGEST));
  }

  /** What is said of rows by their neighbours must not depend on these. */
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 3e38f, 90})
  void aBlockWithNoSumLeavesTheGradientRight(float hostile) {
    float[] block = block(LONGEST, 1);
    block[OFFSET + 77] = hostile;
    float[] logits = block(LONGEST, 2);
    float[] gradient = new float[LONGEST];
    assertThat(run(block, LONGEST, new BlockSums(), beside(logits, gradient, 0))).isFalse();
    assertThat(gradient).isEqualTo(gradientAlone(logits, LONGEST, 0));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -3e38f, 3})
  void logitsOfAnyKindHaveTheirGradientAndLeaveTheSumRight(float hostile) {
    float[] logits = block(LONGEST, 2);
    logits[OFFSET + 77] = hostile;
    float[] gradient = new float[LONGEST];
    BlockSums sums = new BlockSums();
    assertThat(run(block(LONGEST, 1), LONGEST, sums, beside(logits, gradient, 0))).isTrue();
    assertThat(gradient).isEqualTo(gradientAlone(logits, LONGEST, 0));
    BlockSums alone = new BlockSums();
    FloatSumExp.sum(block(LONGEST, 1), OFFSET, LONGEST, SHIFT, SCALE, alone);
    assertThat(sums.sum).isEqualTo(alone.sum);
  }

  @Test
  void theNanThatIsLookedForAheadChangesNothing() {
    float[] block = Arrays.copyOf(block(LONGEST, 1), OFFSET + 2 * LONGEST);
    block[OFFSET + LONGEST + 5] = Float.intBitsToFloat(ReadAhead.FLOAT);
    float[] logits = block(LONGEST, 2);
    float[] gradient = new float[LONGEST];
    BlockSums sums = new BlockSums();
    assertThat(run(block, LONGEST, sums, beside(logits, gradient, 0))).isTrue();
    assertThat(sums.sum).isPositive();
    assertThat(gradient).isEqualTo(gradientAlone(logits, LONGEST, 0));
  }

  private static boolean run(float[] block, int n, BlockSums sums, GradientBlock beside) {
    return SumBesideGradient.sum(block, OFFSET, n, SHIFT, SCALE, sums, beside);
  }

  private static GradientBlock beside(float[] logits, float[] gradient, int gradientOffset) {
    GradientBlock beside = new GradientBlock();
    beside.logits = logits;
    beside.logitsOffset = OFFSET;
    beside.gradient = gradient;
    beside.gradientOffset = gradientOffset;
    beside.shift = ROW_SHIFT;
    beside.scalars.u = 0.125;
    beside.scalars.k = 0.0625;
    return beside;
  }

  /** Of the whole virtual vectors among {@code n} elements. */
  private static float[] gradientAlone(float[] logits, int n, int offset) {
    float[] gradient = new float[offset + n];
    GradientScalars scalars = beside(logits, gradient, 0).scalars;
    int whole = n - n % Lanes.FLOATS;
    FloatKernel.gradient(logits, OFFSET, gradient, offset, whole, ROW_SHIFT, SCALE, scalars);
    return gradient;
  }

  private static float[] block(int n, int seed) {
    float[] block = new float[OFFSET + n];
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      block[OFFSET + i] = (float) (4 - random.nextDouble() * 40);
    }
    return block;
  }
}
