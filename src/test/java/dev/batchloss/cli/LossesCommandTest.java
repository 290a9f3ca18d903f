package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.loss.Loss;
import dev.batchloss.plan.TargetKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What the command line says of the losses, held against the losses. */
class LossesCommandTest {
  private static List<LossEntry> entries() {
    return LossCatalog.entries();
  }

  @Test
  void listsTheKeysOfTheContract() {
    JsonNode losses = CommandRun.of("losses", "--json").json();
    assertThat(losses.isArray()).isTrue();
    for (JsonNode loss : losses) {
      assertThat(loss.propertyNames())
          .containsExactly("name", "description", "inputs", "targets", "options");
      for (JsonNode option : loss.get("options")) {
        assertThat(option.propertyNames()).containsExactly("name", "default", "description");
        assertThat(option.get("name").stringValue()).startsWith("--");
      }
    }
    assertThat(losses.findValuesAsString("name"))
        .contains(
            "cross-entropy",
            "negative-log-likelihood",
            "softmax-focal",
            "generalized-cross-entropy",
            "softmax-kl-divergence",
            "softmax-entropy");
  }

  @Test
  void tellsInputsTargetsAndDefaults() {
    JsonNode losses = CommandRun.of("losses", "--json").json();
    JsonNode focal = named(losses, "softmax-focal");
    assertThat(focal.get("inputs").toString())
        .isEqualTo("[\"logits\",\"probabilities\",\"log-probabilities\"]");
    assertThat(focal.get("targets").toString()).isEqualTo("[\"classes\"]");
    assertThat(named(focal.get("options"), "--gamma").get("default").doubleValue()).isEqualTo(2);
    assertThat(named(focal.get("options"), "--ignore-index").get("default").isNull()).isTrue();
    assertThat(named(focal.get("options"), "--reduction").get("default").stringValue())
        .isEqualTo("mean");
    assertThat(named(losses, "softmax-entropy").get("targets")).isEmpty();
  }

  @Test
  void hasATableForPeople() {
    CommandRun run = CommandRun.of("losses");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .containsPattern("(?m)^softmax-entropy +logits, probabilities, log-probabilities +none ")
        .containsPattern("(?m)^softmax-focal +--gamma 2.0, --alpha 1.0, --sample-weights,")
        .containsPattern("(?m)^--gamma +The focusing exponent");
  }

  @ParameterizedTest
  @MethodSource("entries")
  void anEntryBuildsTheLossOfItsNameFromItsDefaults(LossEntry entry) {
    assertThat(entry.inputs()).isNotEmpty();
    for (PredictionKind kind : entry.inputs()) {
      Loss loss = entry.builder().apply(new LossArguments(kind, entry.options(), Map.of()));
      assertThat(loss.name()).isEqualTo(entry.name());
      assertThat(loss.plan().targetKinds())
          .isEqualTo(entry.targets().isEmpty() ? Set.of(TargetKind.NONE) : entry.targets());
    }
  }

  @ParameterizedTest
  @MethodSource("entries")
  void anEntryListsAnOptionOnceAndSaysWhatItIs(LossEntry entry) {
    List<String> names = new ArrayList<>();
    for (LossOption<?> option : entry.options()) {
      names.add(option.name());
      assertThat(option.description()).endsWith(".");
    }
    assertThat(names).doesNotHaveDuplicates();
    assertThat(entry.description()).endsWith(".");
  }

  @Test
  void namesAreUniqueAndInTheOrderOfTheList() {
    assertThat(LossCatalog.names()).doesNotHaveDuplicates().startsWith("cross-entropy");
    assertThat(CommandRun.of("losses", "--json").json().findValuesAsString("name"))
        .containsAll(LossCatalog.names());
  }

  private static JsonNode named(JsonNode array, String name) {
    for (JsonNode node : array) {
      if (node.get("name").stringValue().equals(name)) {
        return node;
      }
    }
    throw new AssertionError("there is no " + name);
  }
}
