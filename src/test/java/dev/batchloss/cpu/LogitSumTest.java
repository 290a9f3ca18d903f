package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums of losses against their definition in double, and what must not change a bit of them. */
@Tag("vectorWidth")
class LogitSumTest {
  private static final int LONGEST = 1024;
  private static final int X_OFFSET = 3;
  private static final int Y_OFFSET = 5;
  private static final float UNWRITTEN = 12345;

  /** 2e-6. */
  private static final double PERCENT = 2e-4;

  private final float[] xs = new float[X_OFFSET + LONGEST + 1];
  private final float[] ys = new float[Y_OFFSET + LONGEST + 1];
  private final LogitSum sums = new LogitSum();

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

  private double sum(int n) {
    sums.read(0, xs, X_OFFSET, ys, Y_OFFSET, n);
    assertThat(sums.finish(1)).isEqualTo(!Double.isNaN(sums.sum(0)));
    return sums.sum(0);
  }

  private double sumBesideSlopes(float[] slopes, int offset, int n) {
    sums.readAndWriteSlopes(0, xs, X_OFFSET, ys, Y_OFFSET, slopes, offset, n);
    assertThat(sums.finish(1)).isEqualTo(!Double.isNaN(sums.sum(0)));
    return sums.sum(0);
  }

  private double want(int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double x = xs[X_OFFSET + i];
      double y = ys[Y_OFFSET + i];
      // (1 − y)·x and −y·x are exact where a prediction is right.
      double wrong = x > 0 ? (1 - y) * x : -y * x;
      sum += wrong + Math.log1p(Math.exp(-Math.abs(x)));
    }
    return sum;
  }

  private static int after(int n) {
    return n < 70 ? n + 1 : n + 53;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 1, 10, 60, 3000})
  void sumsAreTheOnesOfTheDefinition(double spread) {
    fill(spread);
    for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
      assertThat(sum(n)).as("%d elements", n).isCloseTo(want(n), withinPercentage(PERCENT));
    }
    assertThat(sum(LONGEST)).isCloseTo(want(LONGEST), withinPercentage(PERCENT));
  }

  @ParameterizedTest
  @ValueSource(floats = {4, 9, 20, 40, 80})
  void whatRemainsOfConfidentPredictionsIsPrecise(float certainty) {
    Random random = new Random(5);
    for (int i = 0; i < LONGEST; i++) {
      boolean isTrue = i % 3 == 0;
      float x = certainty * (1 + random.nextFloat() / 16);
      xs[X_OFFSET + i] = isTrue ? x : -x;
      ys[Y_OFFSET + i] = isTrue ? 1 : 0;
    }
    for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
      assertThat(sum(n)).as("%d elements", n).isCloseTo(want(n), withinPercentage(PERCENT));
    }
  }

  @Test
  void oneUncertainElementAmongConfidentOnesIsNotLost() {
    Arrays.fill(xs, -30);
    Arrays.fill(ys, 0);
    xs[X_OFFSET + 700] = -2;
    assertThat(sum(LONGEST)).isCloseTo(want(LONGEST), withinPercentage(PERCENT));
  }

  @Test
  void noProductOverflows() {
    Arrays.fill(xs, 0);
    for (int i = 0; i < LONGEST; i++) {
      ys[Y_OFFSET + i] = i % 2;
    }
    for (int n = LONGEST - Lanes.FLOATS - 1; n <= LONGEST; n++) {
      assertThat(sum(n)).isCloseTo(n * Math.log(2), withinPercentage(1e-5));
    }
  }

  @Test
  void slopesAreWrittenBesideTheSameSum() {
    for (double spread : new double[] {0, 0.01, 1, 10, 60, 3000}) {
      fill(spread);
      for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
        float[] slopes = new float[LONGEST + 40];
        Arrays.fill(slopes, UNWRITTEN);
        assertThat(sumBesideSlopes(slopes, 7, n)).isEqualTo(sum(n));
        float[] want = slopesByThemselves(n);
        assertThat(Arrays.copyOfRange(slopes, 7, 7 + n)).isEqualTo(Arrays.copyOf(want, n));
        assertThat(Arrays.copyOf(slopes, 7)).containsOnly(UNWRITTEN);
        int padded = (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
        assertThat(Arrays.copyOfRange(slopes, 7 + padded, slopes.length)).containsOnly(UNWRITTEN);
      }
    }
  }

  private float[] slopesByThemselves(int n) {
    float[] x = new float[LONGEST];
    float[] y = new float[LONGEST];
    System.arraycopy(xs, X_OFFSET, x, 0, n);
    System.arraycopy(ys, Y_OFFSET, y, 0, n);
    float[] slopes = new float[LONGEST];
    LogitKernel.lossesAndSlopes(x, 0, y, 0, new float[LONGEST], slopes, n);
    return slopes;
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
    for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        fill(1);
        xs[X_OFFSET + at] = hostile;
        assertThat(sum(n)).isNaN();
        assertThat(sumBesideSlopes(new float[LONGEST + Lanes.FLOATS], 0, n)).isNaN();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, 1.0000001f, -0f, -1e-40f, -0.5f, 2, Float.POSITIVE_INFINITY})
  void aTargetThatMayBeNoProbabilityIsNoticed(float hostile) {
    for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
      for (int at = 0; at < n; at += 1 + n / 20) {
        fill(1);
        ys[Y_OFFSET + at] = hostile;
        assertThat(sum(n)).isNaN();
        assertThat(sumBesideSlopes(new float[LONGEST + Lanes.FLOATS], 0, n)).isNaN();
      }
    }
  }

  @Test
  void whatLiesBehindIsNotSummed() {
    fill(1);
    double before = sum(37);
    for (float behind : new float[] {9, Float.NaN, Float.intBitsToFloat(ReadAhead.FLOAT)}) {
      Arrays.fill(xs, X_OFFSET + 37, xs.length, behind);
      Arrays.fill(ys, Y_OFFSET + 37, ys.length, behind);
      assertThat(sum(37)).isEqualTo(before);
      assertThat(sumBesideSlopes(new float[48], 0, 37)).isEqualTo(before);
    }
  }

  @Test
  void rowsOfABlockDoNotTouchEachOther() {
    fill(3);
    int n = 31;
    int rows = LONGEST / n;
    double[] alone = new double[rows];
    for (int row = 0; row < rows; row++) {
      sums.read(0, xs, X_OFFSET + row * n, ys, Y_OFFSET + row * n, n);
      sums.finish(1);
      alone[row] = sums.sum(0);
    }
    xs[X_OFFSET + 3 * n + 4] = Float.NaN;
    ys[Y_OFFSET + 5 * n + 30] = 2;
    for (int row = 0; row < rows; row++) {
      sums.read(row, xs, X_OFFSET + row * n, ys, Y_OFFSET + row * n, n);
    }
    assertThat(sums.finish(rows)).isFalse();
    alone[3] = Double.NaN;
    alone[5] = Double.NaN;
    double[] beside = new double[rows];
    Arrays.setAll(beside, sums::sum);
    assertThat(beside).isEqualTo(alone);
  }

  /** Held against a number that was computed once, as in {@code CpuDigestTest}. */
  @Test
  void theBitsAreTheSameAtEveryWidth() {
    Random random = new Random(11);
    for (int i = 0; i < LONGEST; i++) {
      xs[X_OFFSET + i] = 24 * random.nextFloat() - 12;
      ys[Y_OFFSET + i] = i % 5 == 0 ? random.nextFloat() : xs[X_OFFSET + i] > 0 ? 1 : 0;
    }
    long digest = 0;
    for (int n = Lanes.FLOATS; n <= LONGEST; n = after(n)) {
      digest = 31 * digest + Double.doubleToRawLongBits(sum(n));
    }
    assertThat(digest).isEqualTo(322013979663529081L);
  }
}
