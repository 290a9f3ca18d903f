package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** As {@link FloatSumExpTest}, where doubles differ: in their powers. */
@Tag("vectorWidth")
class DoubleSumExpTest {
  private static final int OFFSET = 3;
  private static final int LONGEST = 512;

  private final BlockSums sums = new BlockSums();
  private final BlockSums any = new BlockSums();

  @ParameterizedTest
  @CsvSource({"0, 1", "5, 1", "-1e200, 1e-200", "7, 0.01", "3, 30", "1e6, 1"})
  void ordinaryBlocksHaveTheSameBits(double shift, double scale) {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      double[] block = block(n, shift, scale);
      assertThat(DoubleSumExp.sum(block, OFFSET, n, shift, scale, sums)).isTrue();
      DoubleKernel.sumExp(block, OFFSET, n, shift, scale, Double.POSITIVE_INFINITY, any);
      assertThat(sums.doubleLanes).isEqualTo(any.doubleLanes);
      assertThat(sums.sum).isEqualTo(any.sum);

      assertThat(DoubleSumExp.sumAndMoments(block, OFFSET, n, shift, scale, sums)).isTrue();
      assertThat(sums.sum).isEqualTo(any.sum);
      DoubleKernel.moments(block, OFFSET, n, shift, scale, any);
      assertThat(sums.entropyMoment).isEqualTo(any.entropyMoment);
      assertThat(sums.squareSum).isEqualTo(any.squareSum);
    }
  }

  /** Down to where powers are subnormal, and on to where they are 0. */
  @Test
  void smallPowersHaveTheSameBits() {
    double[] block = new double[OFFSET + LONGEST];
    for (int i = 0; i < LONGEST; i++) {
      block[OFFSET + i] = -704 - i / 64.0;
    }
    for (int n = 1; n <= LONGEST; n += 8) {
      assertThat(DoubleSumExp.sum(block, OFFSET, n, 0, 1, sums)).isTrue();
      DoubleKernel.sumExp(block, OFFSET, n, 0, 1, Double.POSITIVE_INFINITY, any);
      assertThat(sums.doubleLanes).isEqualTo(any.doubleLanes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        -1e300,
        1e300,
        8.4,
        720,
        1e6
      })
  void whatIsNoOrdinaryElementIsNoticed(double hostile) {
    for (int n = 1; n <= LONGEST; n += n < 70 ? 1 : 53) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        double[] block = block(n, 0, 1);
        block[OFFSET + at] = hostile;
        assertThat(DoubleSumExp.sum(block, OFFSET, n, 0, 1, sums)).isFalse();
      }
    }
  }

  private static double[] block(int n, double shift, double scale) {
    double[] block = new double[OFFSET + n];
    Random random = new Random(n);
    for (int i = 0; i < n; i++) {
      block[OFFSET + i] = shift - random.nextDouble() * 40 / scale;
    }
    return block;
  }
}
