package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.FailingDeviceProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What the command line says of a device that fails meanwhile. */
class LostDeviceCommandTest {
  private static final String REASON =
      "failed during a call: waiting for failing:0: DEVICE_LOST (-36)";

  @TempDir Path temp;

  private Path logits;
  private Path labels;

  @BeforeEach
  void writeSmallFiles() throws IOException {
    logits = ArrayFiles.floats(temp.resolve("x.npy"), new long[] {3, 2}, 1, 2, 3, 5, 8, 13);
    labels = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {3}, 1, 0, 1);
    FailingDeviceProvider.failAfter(2);
  }

  @AfterEach
  void forget() {
    FailingDeviceProvider.forget();
  }

  private CommandRun evaluate(String option) {
    return CommandRun.of(
        "evaluate", "--logits=" + logits, "--targets=" + labels, "--backend=failing:0", option);
  }

  private static double loss() {
    return (Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(2)) + Math.log1p(Math.exp(-5))) / 3;
  }

  @Test
  void warnsOnStandardErrorAndEndsWell() {
    CommandRun run = evaluate("--metrics=accuracy");
    assertThat(run.exitCode()).isZero();
    assertThat(run.err())
        .contains("warning: failing:0 " + REASON + "; cpu did what it had not finished");
    assertThat(run.out())
        .containsPattern("backend +cpu \\(")
        .containsPattern("passed over +failing:0: failed during a call");
  }

  @Test
  void theJsonNamesEveryBackendAndTheReason() {
    JsonNode json = evaluate("--json").json();
    assertThat(json.get("loss").doubleValue()).isCloseTo(loss(), within(1e-6));
    assertThat(json.get("backend").stringValue()).isEqualTo("cpu");
    assertThat(json.get("backends").toString()).isEqualTo("[\"failing:0\",\"cpu\"]");
    assertThat(json.at("/warnings/0").stringValue()).startsWith("failing:0 " + REASON);
    List<String> passedOver = json.get("passedOver").findValuesAsString("backend");
    assertThat(passedOver).contains("failing:0");
    int place = passedOver.indexOf("failing:0");
    assertThat(json.at("/passedOver/%d/reason".formatted(place)).stringValue()).isEqualTo(REASON);
  }

  @Test
  void quietIsTheLossAlone() {
    CommandRun run = evaluate("--quiet");
    assertThat(run.err()).isEmpty();
    assertThat(Double.parseDouble(run.out())).isCloseTo(loss(), within(1e-6));
  }

  /** The times of another backend would bear its name. */
  @Test
  void aBenchmarkIsNotGoneOnWith() {
    CommandRun run = CommandRun.of("bench", "--shape=8x3", "--seconds=0.05", "--backend=failing:0");
    assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILED);
    assertThat(run.err()).contains("failing:0 " + REASON);
    assertThat(run.out()).isEmpty();
  }
}
