package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RatioCaseTest {
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "opencl", "opencl:1"})
  void everyLineIsThereOnceAndTheQuickOnesAreAmongThem(String backend) {
    List<RatioCase> all = RatioCase.all(backend);
    assertThat(all.stream().map(RatioCase::label)).doesNotHaveDuplicates();
    assertThat(all).containsAll(RatioCase.quick(backend));
    assertThat(all).allMatch(one -> one.backend().equals(backend));
  }

  /** A matrix of the second shape fits in caches: as the first of many, it does not stay there. */
  @ParameterizedTest
  @ValueSource(strings = {"opencl", "opencl:1"})
  void aDeviceHasGoalsForTheLossOfWhatComesFromMemoryWithoutCopies(String backend) {
    Stream<RatioCase> held =
        RatioCase.all(backend).stream().filter(one -> !Double.isNaN(one.goal()));
    assertThat(held.map(one -> one.label() + " " + one.goal()))
        .containsExactly(
            "CrossEntropyForward 4096x32000 FLOAT32 native 0.5",
            "CrossEntropyForward 8192x1000 FLOAT32 native 8 in turn 0.5");
  }
}
