package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
        RatioCase.all(backend).stream().filter(one -> !Double.isNaN(RatioGoal.of(one)));
    assertThat(held.map(one -> one.label() + " " + RatioGoal.of(one)))
        .containsExactly(
            "CrossEntropyForward 4096x32000 FLOAT32 native 0.5",
            "CrossEntropyForward 8192x1000 FLOAT32 native 8 in turn 0.5");
  }

  @Test
  void theGoalsOfTheProcessors() {
    Map<String, Double> held = new TreeMap<>();
    RatioCase.all("cpu").stream()
        .filter(one -> one.memory() == Memory.HEAP && one.copies() == 1)
        .filter(one -> !Double.isNaN(RatioGoal.of(one)))
        .forEach(one -> held.put(one.label().replace(" heap", ""), RatioGoal.of(one)));
    assertThat(held)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("CrossEntropyForward 4096x32000 FLOAT32", 0.90),
                Map.entry("CrossEntropyForward 512x128256 FLOAT32", 0.90),
                Map.entry("CrossEntropyForward 8192x1000 FLOAT32", 0.60),
                Map.entry("CrossEntropyForward 1000000x10 FLOAT32", 0.30),
                Map.entry("CrossEntropyForward 4096x32000 FLOAT64", 0.80),
                Map.entry("CrossEntropyAfterMixedUse 4096x32000 FLOAT32", 0.90),
                Map.entry("CrossEntropyAfterMixedUse 1000000x10 FLOAT32", 0.30),
                Map.entry("CrossEntropyGradient 4096x32000 FLOAT32", 0.80),
                Map.entry("CrossEntropyGradient 512x128256 FLOAT32", 0.80),
                Map.entry("CrossEntropyGradient 8192x1000 FLOAT32", 0.60),
                Map.entry("CrossEntropyGradient 1000000x10 FLOAT32", 0.30),
                Map.entry("CrossEntropyGradientInPlace 4096x32000 FLOAT32", 0.65),
                Map.entry("CrossEntropyGradientInPlace 512x128256 FLOAT32", 0.65),
                Map.entry("BinaryCrossEntropyForward 10000x1000 FLOAT32", 0.80),
                Map.entry("BinaryCrossEntropyForward 100000x100 FLOAT32", 0.80)));
  }

  @Test
  void aLossOfElementsIsHeldAgainstReadingLabelsToo() {
    RatioCase line = RatioCase.of("cpu", BinaryCrossEntropyForward.class, "10x100");
    assertThat(line.bytes()).isEqualTo(2 * 10 * 100 * Float.BYTES);
    assertThat(line.ceiling()).isEqualTo("sum of both");
  }
}
