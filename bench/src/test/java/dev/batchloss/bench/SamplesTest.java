package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void quantilesLieBetweenNeighbours() {
    double[] samples = {4, 1, 3, 2};
    assertThat(Samples.median(samples)).isEqualTo(2.5);
    assertThat(Samples.quantile(samples, 0)).isEqualTo(1);
    assertThat(Samples.quantile(samples, 0.25)).isEqualTo(1.75);
    assertThat(Samples.quantile(samples, 1)).isEqualTo(4);
  }

  @Test
  void theSamplesStayInTheirOrder() {
    double[] samples = {4, 1, 3};
    assertThat(Samples.median(samples)).isEqualTo(3);
    assertThat(samples).containsExactly(4, 1, 3);
  }

  @Test
  void nothingHasNoMedian() {
    assertThat(Samples.median(new double[0])).isNaN();
  }
}
