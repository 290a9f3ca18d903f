package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each loop on vectors against its stand-in, to the bit, at each width of vectors. */
@Tag("vectorWidth")
class FloatLoopsTest {
  private static final int OFFSET = 5;
  private static final int PADDING = Lanes.FLOATS;
  private static final float[] HOSTILE = {
    Float.NaN,
    Float.NEGATIVE_INFINITY,
    Float.POSITIVE_INFINITY,
    -0f,
    0f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    1e-40f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    -87.5f,
    -1e6f,
    90f
  };

  /** What a loop leaves behind, with one NaN for all. */
  private static final class Bits {
    private final List<Long> values = new ArrayList<>();

    void add(double... numbers) {
      for (double number : numbers) {
        values.add(Double.doubleToLongBits(number));
      }
    }

    void add(float... numbers) {
      for (float number : numbers) {
        values.add((long) Float.floatToIntBits(number));
      }
    }
  }

  private static Stream<float[]> blocks() {
    IntStream lengths =
        IntStream.concat(IntStream.rangeClosed(1, 40), IntStream.of(992, 1000, 1024));
    return lengths.boxed().flatMap(n -> Stream.of(ordinary(n), sprinkled(n, 7), sprinkled(n, 2)));
  }

  private static float[] ordinary(int n) {
    Random random = new Random(n);
    float[] block = new float[OFFSET + n + PADDING];
    for (int i = 0; i < block.length; i++) {
      block[i] = (float) (4 * random.nextGaussian());
    }
    return block;
  }

  /** Every so many elements a hostile one, before and behind the block's own too. */
  private static float[] sprinkled(int n, int distance) {
    float[] block = ordinary(n);
    for (int i = n % distance; i < block.length; i += distance) {
      block[i] = HOSTILE[(i / distance + n) % HOSTILE.length];
    }
    return block;
  }

  private static int length(float[] block) {
    return block.length - OFFSET - PADDING;
  }

  private static int padded(float[] block) {
    return (length(block) + PADDING - 1) / PADDING * PADDING;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "-0, 1",
    "9, 1",
    "12.5, 0.01",
    "3, 30",
    "-1e30, 1e-30",
    "1e6, 1",
    "Infinity, 1",
    "1e38, 1e30",
    "-40, 1"
  })
  void sumsOverABlockHaveTheSameBits(float shift, float scale) {
    blocks()
        .forEach(
            block ->
                assertThat(sums(true, block, shift, scale).values)
                    .as("%s elements", length(block))
                    .isEqualTo(sums(false, block, shift, scale).values));
  }

  private static Bits sums(boolean onVectors, float[] block, float shift, float scale) {
    int n = length(block);
    float[] weights = weights(n);
    BlockSums sums = new BlockSums();
    Bits bits = new Bits();
    FloatLoops.sumExp(onVectors, block, OFFSET, n, shift, scale, shift, sums);
    bits.add(sums.sum, sums.exceeds ? 1 : 0, sums.floatMaximum());
    bits.add(sums.floatLanes);
    bits.add(sums.floatMaxima);
    FloatLoops.moments(onVectors, block, OFFSET, n, shift, scale, sums);
    bits.add(sums.entropyMoment, sums.squareSum);
    bits.add(sums.floatLanes);
    bits.add(sums.moreFloatLanes);
    bits.add(FloatLoops.sumShifted(onVectors, block, OFFSET, n, shift, scale, sums));
    bits.add(sums.floatLanes);
    bits.add(FloatLoops.sumWeighted(onVectors, block, OFFSET, n, weights, 1, shift, scale, sums));
    bits.add(sums.floatLanes);
    return bits;
  }

  /** From the second on, and zeros behind the last. */
  private static float[] weights(int n) {
    float[] weights = new float[1 + n + PADDING];
    for (int i = 0; i < n; i++) {
      weights[1 + i] = i % 4 == 3 ? 0 : i % 5 - 1.3f;
    }
    return weights;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0, 0",
    "9, 1, 0, 0.01",
    "9, 1, -0.3, 0.01",
    "3, 30, 1e-60, 0",
    "-1e30, 1e-30, 2, 0",
    "Infinity, 1, 0, 0",
    "-40, 1, 1, 0"
  })
  void whatIsWrittenHasTheSameBits(float shift, float scale, double e, double k) {
    GradientScalars row = new GradientScalars();
    row.u = 0.7;
    row.e = e;
    row.k = k;
    blocks()
        .forEach(
            block ->
                assertThat(written(true, block, shift, scale, row).values)
                    .as("%s elements", length(block))
                    .isEqualTo(written(false, block, shift, scale, row).values));
  }

  private static Bits written(
      boolean onVectors, float[] block, float shift, float scale, GradientScalars row) {
    int n = padded(block);
    float[] to = new float[3 + n + PADDING];
    Bits bits = new Bits();
    FloatLoops.gradient(onVectors, block, OFFSET, to, 3, n, shift, scale, row);
    bits.add(to);
    FloatLoops.subtractWeighted(onVectors, to, 3, n, weights(n), 1, 0.37f);
    bits.add(to);
    FloatLoops.logSoftmax(onVectors, block, OFFSET, to, 3, n, shift, scale, 2.5f);
    bits.add(to);
    return bits;
  }

  @Test
  void maximaAndCountsHaveTheSameBits() {
    blocks()
        .forEach(
            block ->
                assertThat(found(true, block).values)
                    .as("%s elements", length(block))
                    .isEqualTo(found(false, block).values));
  }

  @Test
  void aMaximumOfZerosHasNoSign() {
    for (int n = 1; n < 40; n++) {
      for (int at = 0; at < n; at++) {
        float[] block = new float[n];
        block[at] = -0f;
        assertThat(FloatLoops.maximum(true, block, 0, n)).isEqualTo(0f);
        assertThat(FloatLoops.maximum(false, block, 0, n)).isEqualTo(0f);
      }
    }
  }

  private static Bits found(boolean onVectors, float[] block) {
    int n = length(block);
    Bits bits = new Bits();
    bits.add(FloatLoops.maximum(onVectors, block, OFFSET, n));
    for (float bound : HOSTILE) {
      bits.add(FloatLoops.countAbove(onVectors, block, OFFSET, n, bound));
      bits.add(FloatLoops.countEqual(onVectors, block, OFFSET, n, bound));
    }
    return bits;
  }

  @Test
  void logarithmsHaveTheSameBits() {
    Random random = new Random(3);
    double[] values = {0, -0.0, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE, 1};
    double[] from = new double[4000];
    for (int i = 0; i < from.length; i++) {
      from[i] = i < values.length ? values[i] : Double.longBitsToDouble(random.nextLong());
      from[i] = i % 3 == 0 && i >= values.length ? Math.exp(from[i] % 80) : from[i];
    }
    for (int n : new int[] {1, 3, 8, 13, from.length}) {
      double[] onVectors = new double[from.length];
      double[] oneByOne = new double[from.length];
      FloatLoops.log(true, from, onVectors, n);
      FloatLoops.log(false, from, oneByOne, n);
      assertThat(bits(onVectors)).isEqualTo(bits(oneByOne));
    }
  }

  @Test
  void exponentialsOfOneNumberHaveTheBitsOfVectors() {
    double[] from = new double[16008];
    for (int i = 0; i < 16000; i++) {
      from[i] = (i - 8000) * 0.0913;
    }
    double[] hostile = {Double.NaN, -1e300, 1e300, -0.0, 1e-310, -708, 709, Double.MIN_VALUE};
    System.arraycopy(hostile, 0, from, 16000, hostile.length);
    double[] onVectors = new double[from.length];
    ArrayMath.exp(from, 1, onVectors, from.length);
    double[] oneByOne = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      oneByOne[i] = ScalarMath.exp(from[i]);
    }
    assertThat(bits(oneByOne)).isEqualTo(bits(onVectors));
  }

  @Test
  void logarithmsOfOneNumberHaveTheBitsOfVectors() {
    Random random = new Random(4);
    double[] hostile = {Double.NaN, -1, -2, 0, -0.0, 0x1p512, Double.MAX_VALUE, 1.0 / 0};
    double[] from = new double[4000];
    for (int i = 0; i < from.length; i++) {
      from[i] = i < hostile.length ? hostile[i] : Math.exp(60 * random.nextGaussian());
    }
    double[] onVectors = new double[from.length];
    ArrayMath.log1p(from, onVectors, from.length);
    double[] oneByOne = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      oneByOne[i] = ScalarMath.log1p(from[i]);
    }
    assertThat(bits(oneByOne)).isEqualTo(bits(onVectors));
  }

  private static List<Long> bits(double[] values) {
    Bits bits = new Bits();
    bits.add(values);
    return bits.values;
  }
}
