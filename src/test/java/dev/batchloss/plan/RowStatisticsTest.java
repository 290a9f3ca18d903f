package dev.batchloss.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What metrics are made of, against the definitions, whatever the shift. */
class RowStatisticsTest {
  private static final double TOLERANCE = 1e-13;

  @Test
  void aRowOfLogits() {
    Random random = new Random(6);
    for (int i = 0; i < 200; i++) {
      double[] z = random.doubles(7, -5, 5).toArray();
      double[] q = distribution(random, 7);
      double shift = Arrays.stream(z).max().orElseThrow() - random.nextDouble();
      check(new ManualRow(z, q, random.nextInt(7), shift, true));
    }
  }

  @Test
  void aRowOfLogProbabilities() {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      double[] z = Arrays.stream(distribution(random, 7)).map(Math::log).toArray();
      check(new ManualRow(z, distribution(random, 7), random.nextInt(7), 0, false));
    }
  }

  @Test
  void aSecondRowOfABatchIsReadFromItsOwnPlace() {
    RowStatistics rows = new RowStatistics(4);
    assertThat(rows.capacity()).isEqualTo(4);
    ManualRow row = new ManualRow(new double[] {1, 2}, new double[] {0.5, 0.5}, 1, 2, true);
    row.fill(rows, 3);
    assertThat(rows.entropy(3)).isCloseTo(row.entropy(), within(TOLERANCE));
    assertThat(rows.brier(3, TargetKind.CLASSES)).isPositive();
    assertThat(rows.logSumExp(3)).isCloseTo(row.lse(), within(TOLERANCE));
  }

  private static void check(ManualRow row) {
    RowStatistics rows = new RowStatistics(1);
    row.fill(rows, 0);
    double[] p = row.probabilities();
    assertThat(rows.entropy(0)).isCloseTo(row.entropy(), within(TOLERANCE));
    assertThat(rows.topProbability(0))
        .isCloseTo(Arrays.stream(p).max().orElseThrow(), within(TOLERANCE));
    double classes = 0;
    double probabilities = 0;
    for (int c = 0; c < p.length; c++) {
      classes += Math.pow(p[c] - (c == row.target() ? 1 : 0), 2);
      probabilities += Math.pow(p[c] - row.q()[c], 2);
    }
    assertThat(rows.brier(0, TargetKind.CLASSES)).isCloseTo(classes, within(TOLERANCE));
    assertThat(rows.brier(0, TargetKind.PROBABILITIES)).isCloseTo(probabilities, within(TOLERANCE));
    if (row.normalized()) {
      assertThat(rows.logSumExp(0)).isCloseTo(row.lse(), within(TOLERANCE));
    }
  }

  static double[] distribution(Random random, int classes) {
    double[] values = random.doubles(classes, 0.05, 1).toArray();
    double sum = Arrays.stream(values).sum();
    return Arrays.stream(values).map(value -> value / sum).toArray();
  }
}
