package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sum of losses against the losses, to the bit. */
@Tag("vectorWidth")
class LogitSumTest {
  private static final int LONGEST = 1024;
  private static final int X_OFFSET = 3;
  private static final int Y_OFFSET = 5;

  private final float[] xs = new float[X_OFFSET + LONGEST + 1];
  private final float[] ys = new float[Y_OFFSET + LONGEST + 1];
  private final BlockSums sums = new BlockSums();

  private void fill(double spread) {
    Random random = new Random(7);
    for (int i = 0; i <= LONGEST; i++) {
      xs[X_OFFSET + i] = (float) (spread * random.nextGaussian());
      ys[Y_OFFSET + i] = i % 3 == 0 ? random.nextFloat() : i % 2;
    }
    xs[X_OFFSET + 1] = 0f;
    xs[X_OFFSET + 2] = -0f;
    xs[X_OFFSET + 5] = Float.MIN_VALUE;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 1, 10, 60, 3000})
  void sumsHaveTheBitsOfTheLosses(double spread) {
    fill(spread);
    for (int n = Lanes.FLOATS; n <= LONGEST; n += n < 70 ? 1 : 53) {
      float[] x = new float[LONGEST];
      float[] y = new float[LONGEST];
      System.arraycopy(xs, X_OFFSET, x, 0, n);
      System.arraycopy(ys, Y_OFFSET, y, 0, n);
      float[] losses = new float[LONGEST];
      LogitKernel.losses(x, 0, y, 0, losses, (n + 15) / 16 * 16);
      assertThat(LogitSum.sum(xs, X_OFFSET, ys, Y_OFFSET, n, sums)).isTrue();
      assertThat(sums.sum).isEqualTo(LogitKernel.sum(losses, 0, n, new float[Lanes.FLOATS]));
    }
  }

  @ParameterizedTest
  @ValueSource(
      floats = {
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        -Float.MAX_VALUE
      })
  void aLogitThatIsNotOrdinaryIsNoticed(float hostile) {
    for (int n = Lanes.FLOATS; n <= LONGEST; n += n < 70 ? 1 : 53) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        fill(1);
        xs[X_OFFSET + at] = hostile;
        assertThat(LogitSum.sum(xs, X_OFFSET, ys, Y_OFFSET, n, sums)).isFalse();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, 1.0000001f, -1e-40f, -0.5f, 2, Float.POSITIVE_INFINITY})
  void aTargetThatIsNoProbabilityIsNoticed(float hostile) {
    for (int n = Lanes.FLOATS; n <= LONGEST; n += n < 70 ? 1 : 53) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        fill(1);
        ys[Y_OFFSET + at] = hostile;
        assertThat(LogitSum.sum(xs, X_OFFSET, ys, Y_OFFSET, n, sums)).isFalse();
      }
    }
  }

  @Test
  void whatLiesBehindIsNotSummed() {
    fill(1);
    LogitSum.sum(xs, X_OFFSET, ys, Y_OFFSET, 37, sums);
    double before = sums.sum;
    xs[X_OFFSET + 37] = Float.NaN;
    ys[Y_OFFSET + 37] = Float.NaN;
    assertThat(LogitSum.sum(xs, X_OFFSET, ys, Y_OFFSET, 37, sums)).isTrue();
    assertThat(sums.sum).isEqualTo(before);
  }
}
