package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
  @Test
  void measuresEveryTaskAndTheCeiling() {
    JsonNode json =
        CommandRun.of(
                "bench", "--shape", "64x10", "--backend", "scalar", "--seconds", "0.05", "--json")
            .json();
    assertThat(json.get("shape").toString()).isEqualTo("[64,10]");
    List<String> tasks = List.of("loss", "gradient", "gradientInPlace");
    assertThat(json.get("ceiling").propertyNames()).containsExactlyElementsOf(tasks);
    JsonNode results = json.get("results");
    assertThat(results.findValuesAsString("memory")).containsExactly("heap", "heap", "heap");
    assertThat(results.findValuesAsString("task")).isEqualTo(tasks);
    for (JsonNode result : results) {
      assertThat(result.get("backend").stringValue()).isEqualTo("scalar");
      double seconds = result.get("seconds").doubleValue();
      assertThat(result.get("rowsPerSecond").doubleValue()).isEqualTo(64 / seconds);
      double bytes = 64 * 10 * 4 * (result.get("task").stringValue().equals("loss") ? 1 : 2);
      assertThat(result.get("bytesPerSecond").doubleValue()).isEqualTo(bytes / seconds);
      double ceiling = json.get("ceiling").get(result.get("task").stringValue()).doubleValue();
      assertThat(result.get("ceilingShare").doubleValue() * ceiling)
          .isCloseTo(bytes / seconds, withPercentage(1e-6));
    }
    assertThat(json.get("fastest").get("loss").stringValue()).isEqualTo("scalar");
  }

  @Test
  void saysWhichBackendIsFastest() {
    CommandRun run = CommandRun.of("bench", "--shape=8x3", "--seconds=0.1");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("scalar", "read", "copy", "scale in place", "heap", "fastest for");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--shape=0x10", "--shape=10", "--shape=100000x100000", "--seconds=0", "extra"})
  void wrongUsageEndsWithTwo(String option) {
    assertThat(CommandRun.of("bench", option).exitCode()).isEqualTo(2);
  }

  @Test
  void anUnavailableBackendEndsWithFour() {
    assertThat(CommandRun.of("bench", "--backend=abacus").exitCode()).isEqualTo(4);
  }

  @Test
  void tooLittleMemoryEndsWithOneAndAHint() {
    CommandRun run = CommandRun.of("bench", "--shape=2000000000x1", "--backend=scalar");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).singleElement().asString().contains("out of memory", "-Xmx");
  }
}
