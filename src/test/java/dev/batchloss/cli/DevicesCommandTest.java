package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DevicesCommandTest {
  @Test
  void listsEveryBackendWithTheKeysOfTheContract() {
    JsonNode backends = CommandRun.of("devices", "--json").json();
    assertThat(backends.isArray()).isTrue();
    int chosen = 0;
    for (JsonNode backend : backends) {
      assertThat(backend.propertyNames())
          .containsExactly("name", "available", "chosen", "detail", "reason");
      chosen += backend.get("chosen").booleanValue() ? 1 : 0;
    }
    assertThat(chosen).isEqualTo(1);
    assertThat(backends.findValuesAsString("name")).contains("scalar");
  }

  @Test
  void marksTheChosenOneForPeople() {
    CommandRun run = CommandRun.of("devices");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines().filter(line -> line.startsWith("* "))).hasSize(1);
    assertThat(run.out()).containsPattern("(?m)^[* ] scalar +available");
  }

  @Test
  void theEnvironmentsChoiceIsTheChosenOne() {
    System.setProperty("batchloss.backend", "scalar");
    try {
      assertThat(CommandRun.of("devices").out()).containsPattern("(?m)^\\* scalar ");
      System.setProperty("batchloss.backend", "abacus");
      assertThat(CommandRun.of("devices").exitCode()).isEqualTo(4);
    } finally {
      System.clearProperty("batchloss.backend");
    }
  }
}
