package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Against {@link BigDecimal}, which is exact and rounds once too. */
class ExactSumTest {
  private static final double MAX = Double.MAX_VALUE;
  private static final double TINY = Double.MIN_VALUE;

  private static ExactSum sumOf(double... values) {
    ExactSum sum = new ExactSum();
    for (double value : values) {
      sum.add(value);
    }
    return sum;
  }

  private static double expected(double... values) {
    BigDecimal sum = BigDecimal.ZERO;
    for (double value : values) {
      sum = sum.add(new BigDecimal(value));
    }
    return sum.doubleValue();
  }

  private static void assertExact(double... values) {
    assertThat(sumOf(values).value()).isEqualTo(Double.valueOf(expected(values)));
  }

  private static double[] random(Random random, int count, int leastExponent, int exponents) {
    return DoubleStream.generate(
            () ->
                Math.scalb(random.nextDouble() * 2 - 1, leastExponent + random.nextInt(exponents)))
        .limit(count)
        .toArray();
  }

  @Test
  void nothingIsPositiveZero() {
    assertThat(Double.doubleToRawLongBits(new ExactSum().value())).isZero();
    assertThat(Double.doubleToRawLongBits(sumOf(1.5, -1.5).value())).isZero();
  }

  @Test
  void oneNumberIsItself() {
    Random random = new Random(2);
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(sumOf(value).value()).isEqualTo(Double.valueOf(value));
      }
    }
    for (int exponent = -1074; exponent <= 1023; exponent++) {
      assertThat(sumOf(Math.scalb(1.0, exponent)).value()).isEqualTo(Math.scalb(1.0, exponent));
      assertThat(sumOf(-Math.scalb(1.0, exponent)).value()).isEqualTo(-Math.scalb(1.0, exponent));
    }
  }

  @Test
  void sumsOfAnyMagnitudesAreExact() {
    Random random = new Random(3);
    for (int i = 0; i < 2_000; i++) {
      assertExact(random(random, 1 + random.nextInt(40), -1074, 2090));
      assertExact(random(random, 1 + random.nextInt(40), -40, 80));
      assertExact(random(random, 1 + random.nextInt(40), -1080, 30));
    }
  }

  @Test
  void whatCancelsLeavesTheRest() {
    assertExact(1e16, 1, -1e16);
    assertExact(MAX, TINY, -MAX);
    assertExact(MAX, MAX, -MAX, -MAX, 0.1);
    Random random = new Random(4);
    for (int i = 0; i < 500; i++) {
      double[] values = random(random, 40, -60, 120);
      double[] cancelling = Arrays.copyOf(values, 81);
      for (int j = 0; j < 40; j++) {
        cancelling[40 + j] = -values[j];
      }
      cancelling[80] = Math.scalb(random.nextDouble(), -900);
      assertThat(sumOf(cancelling).value()).isEqualTo(cancelling[80]);
    }
  }

  @Test
  void tiesGoToEven() {
    double ulp = Math.ulp(1.0);
    assertThat(sumOf(1, ulp / 2).value()).isEqualTo(1);
    assertThat(sumOf(1 + ulp, ulp / 2).value()).isEqualTo(1 + 2 * ulp);
    assertThat(sumOf(1, ulp / 2, TINY).value()).isEqualTo(1 + ulp);
    assertThat(sumOf(1 + ulp, ulp / 2, -TINY).value()).isEqualTo(1 + ulp);
    assertThat(sumOf(-1, -ulp / 2).value()).isEqualTo(-1);
    assertThat(sumOf(-1 - ulp, -ulp / 2).value()).isEqualTo(-1 - 2 * ulp);
    assertThat(sumOf(-1, -ulp / 2, -TINY).value()).isEqualTo(-1 - ulp);
  }

  @Test
  void aSumBeyondTheGreatestDoubleIsInfiniteButNotOnTheWay() {
    double halfUlp = Math.ulp(MAX) / 2;
    assertThat(sumOf(MAX, halfUlp).value()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(sumOf(MAX, Math.nextDown(halfUlp)).value()).isEqualTo(MAX);
    assertThat(sumOf(-MAX, -halfUlp).value()).isEqualTo(Double.NEGATIVE_INFINITY);
    ExactSum sum = new ExactSum();
    for (int i = 0; i < 100_000; i++) {
      sum.add(1e308);
    }
    assertThat(sum.value()).isEqualTo(Double.POSITIVE_INFINITY);
    for (int i = 0; i < 99_999; i++) {
      sum.add(-1e308);
    }
    assertThat(sum.value()).isEqualTo(1e308);
    for (int i = 0; i < 100_000; i++) {
      sum.add(-1e308);
    }
    assertThat(sum.value()).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void manyEqualAddendsCarryInTime() {
    for (double value : new double[] {MAX, -MAX, Math.nextDown(1.0), -Math.nextDown(0x1p-990)}) {
      ExactSum sum = new ExactSum();
      int count = 10_000;
      for (int i = 0; i < count; i++) {
        sum.add(value);
      }
      assertThat(sum.value())
          .isEqualTo(new BigDecimal(value).multiply(BigDecimal.valueOf(count)).doubleValue());
    }
    ExactSum subnormals = new ExactSum();
    for (int i = 0; i < 5_000; i++) {
      subnormals.add(TINY);
    }
    assertThat(subnormals.value()).isEqualTo(5_000 * TINY);
  }

  @Test
  void everyOrderAndSplitHasTheSameBits() {
    Random random = new Random(5);
    double[] values = random(random, 5_000, -1074, 2000);
    double expected = expected(values);
    for (int i = 0; i < 20; i++) {
      List<Double> shuffled = Arrays.asList(Arrays.stream(values).boxed().toArray(Double[]::new));
      Collections.shuffle(shuffled, random);
      ExactSum[] parts = new ExactSum[1 + random.nextInt(7)];
      Arrays.setAll(parts, p -> new ExactSum());
      for (double value : shuffled) {
        parts[random.nextInt(parts.length)].add(value);
      }
      ExactSum total = parts[0];
      for (int p = 1; p < parts.length; p++) {
        total.add(parts[p]);
      }
      assertThat(total.value()).isEqualTo(expected);
      assertThat(total).isEqualTo(sumOf(values)).hasSameHashCodeAs(sumOf(values));
    }
  }

  @Test
  void manyMergesCarryInTime() {
    ExactSum total = new ExactSum();
    ExactSum part = sumOf(MAX, Math.nextDown(1.0));
    for (int i = 0; i < 3_000; i++) {
      total.add(part);
    }
    ExactSum taken = sumOf(-MAX);
    for (int i = 0; i < 3_000; i++) {
      total.add(taken);
    }
    assertThat(total.value())
        .isEqualTo(
            new BigDecimal(Math.nextDown(1.0)).multiply(BigDecimal.valueOf(3_000)).doubleValue());
  }

  @Test
  void aSumMayBeAddedToItself() {
    ExactSum sum = sumOf(0.1, 1e300, -3);
    sum.add(sum);
    assertThat(sum).isEqualTo(sumOf(0.2, 2e300, -6));
  }

  @Test
  void infinitiesAndNaNFollowIeee() {
    double infinity = Double.POSITIVE_INFINITY;
    assertThat(sumOf(infinity, 1, -1e308).value()).isEqualTo(infinity);
    assertThat(sumOf(-infinity, MAX, MAX).value()).isEqualTo(-infinity);
    assertThat(sumOf(infinity, -infinity).value()).isNaN();
    assertThat(sumOf(1, Double.NaN, infinity).value()).isNaN();
    ExactSum merged = sumOf(1);
    merged.add(sumOf(infinity));
    assertThat(merged.value()).isEqualTo(infinity);
    merged.add(sumOf(-infinity));
    assertThat(merged.value()).isNaN();
    ExactSum withNaN = sumOf(1);
    withNaN.add(sumOf(Double.NaN));
    assertThat(withNaN.value()).isNaN();
    assertThat(sumOf(infinity)).isNotEqualTo(sumOf());
  }

  @Test
  void copiesAreTheirOwn() {
    ExactSum sum = sumOf(1, Double.POSITIVE_INFINITY);
    ExactSum copy = sum.copy();
    assertThat(copy).isEqualTo(sum);
    copy.add(Double.NEGATIVE_INFINITY);
    assertThat(sum.value()).isEqualTo(Double.POSITIVE_INFINITY);
  }

  @Test
  void serialisesInTheMiddleOfASum() throws IOException, ClassNotFoundException {
    ExactSum sum = new ExactSum();
    for (int i = 0; i < 1_000; i++) {
      sum.add(MAX);
    }
    sum.add(TINY);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(sum);
    }
    ExactSum read;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      read = (ExactSum) in.readObject();
    }
    assertThat(read).isEqualTo(sum);
    for (int i = 0; i < 1_000; i++) {
      read.add(-MAX);
    }
    assertThat(read.value()).isEqualTo(TINY);
  }

  @Test
  void addsManyAtOnceAsOneByOne() {
    double[] values = random(new Random(11), 5003, -60, 90);
    values[17] = 0;
    values[18] = TINY;
    values[19] = -values[20];
    for (int n : new int[] {0, 1, 3, 4, 511, 512, 513, 1025, values.length}) {
      double[] first = Arrays.copyOf(values, n);
      ExactSum sum = sumOf(3);
      sum.addAll(values, n);
      sum.addAll(values, n);
      ExactSum one = sumOf(3);
      for (int twice = 0; twice < 2; twice++) {
        one.add(sumOf(first));
      }
      assertThat(sum).isEqualTo(one);
    }
  }

  @Test
  void addsManyOrdinaryNumbersAtOnce() {
    Random random = new Random(12);
    // From a sum of 2^16 down to the bit 2^-121, and beyond either end.
    for (int leastExponent : new int[] {20, 5, 4, 0, -20, -60, -66, -67, -68, -69, -90}) {
      for (int n : new int[] {64, 65, 1023, 1024, 3000}) {
        double[] values = random(random, n, leastExponent, 4);
        ExactSum sum = new ExactSum();
        sum.addAll(values, n);
        assertThat(sum).isEqualTo(sumOf(values));
      }
    }
  }

  @Test
  void addsManyAtOnceWhateverOneOfThemIs() {
    double[] odd = {
      TINY, -TINY, MAX, 0x1p16, Math.nextDown(0x1p16), 0x1p-121, 0x1p-122, -0.0, 0x1.8p17, -1e300
    };
    for (double one : odd) {
      double[] values = random(new Random(13), 200, -8, 9);
      values[101] = one;
      ExactSum sum = new ExactSum();
      sum.addAll(values, values.length);
      assertThat(sum).as("with " + one).isEqualTo(sumOf(values));
    }
  }

  @Test
  void addsManyAtOnceWithInfinities() {
    ExactSum sum = new ExactSum();
    sum.addAll(new double[] {1, 2, Double.NEGATIVE_INFINITY, 3, 4}, 5);
    assertThat(sum.value()).isEqualTo(Double.NEGATIVE_INFINITY);
    double[] many = new double[100];
    many[70] = Double.NaN;
    sum.addAll(many, many.length);
    assertThat(sum.value()).isNaN();
  }
}
