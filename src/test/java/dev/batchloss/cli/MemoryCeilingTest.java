package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ceiling is only one if every element is touched. */
class MemoryCeilingTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 1024, 5000, 100_003})
  void touchesEveryElement(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = i % 7;
    }
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    float[] copy = new float[length];
    float[] scaled = values.clone();
    for (int threads : new int[] {1, 2, 5}) {
      try (MemoryCeiling ceiling = new MemoryCeiling(threads)) {
        assertThat(ceiling.read(values)).isEqualTo(sum);
        Arrays.fill(copy, -1);
        ceiling.copy(values, copy);
        assertThat(copy).isEqualTo(values);
        ceiling.scaleInPlace(scaled);
        assertThat(scaled).isEqualTo(values);
      }
    }
  }
}
