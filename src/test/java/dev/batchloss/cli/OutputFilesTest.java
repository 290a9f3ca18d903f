package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.ArrayFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --per-row} and {@code --gradient} refuse to write, and what they leave alone. */
class OutputFilesTest {
  @TempDir Path temp;

  private Path logits;
  private Path labels;

  @BeforeEach
  void writeSoundFiles() throws IOException {
    logits = ArrayFiles.floats(temp.resolve("x.npy"), new long[] {3, 2}, 1, 2, 3, 5, 8, 13);
    labels = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {3}, 1, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--per-row", "--gradient"})
  void anOutputThatIsAnInputIsRefused(String option) throws IOException {
    Path weights = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {3}, 1, 1, 1);
    Path symbolic = Files.createSymbolicLink(temp.resolve("symbolic.npy"), labels);
    Path hard = Files.createLink(temp.resolve("hard.npy"), logits);
    Path roundabout = temp.resolve("../" + temp.getFileName() + "/x.npy");
    for (Path output : List.of(logits, labels, weights, symbolic, hard, roundabout)) {
      byte[] before = Files.readAllBytes(output);
      CommandRun run = evaluate("--sample-weights", weights, option, output);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).contains(output.toString(), "is the input");
      assertThat(Files.readAllBytes(output)).isEqualTo(before);
    }
  }

  @Test
  void bothOutputsInOnePlaceAreRefused() throws IOException {
    Path output = temp.resolve("o.npy");
    Path folder = Files.createSymbolicLink(temp.resolve("folder"), temp);
    for (Path other : List.of(output, folder.resolve("o.npy"), temp.resolve("./o.npy"))) {
      CommandRun run = evaluate("--per-row", output, "--gradient", other);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
      assertThat(run.err()).contains("o.npy");
    }
    assertThat(output).doesNotExist();
  }

  @Test
  void whatCannotBeWrittenIsToldBeforeAnythingIsRead() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("folder.npy"));
    Path inMissing = temp.resolve("missing/o.npy");
    Path inFile = labels.resolve("o.npy");
    Path badTargets = ArrayFiles.longs(temp.resolve("bad.npy"), new long[] {3}, 1, 0, 9);
    for (Path output : List.of(folder, inMissing, inFile)) {
      for (String option : List.of("--per-row", "--gradient")) {
        CommandRun run =
            CommandRun.of("evaluate", "--logits", logits, "--targets", badTargets, option, output);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().contains(output.toString());
      }
    }
  }

  @Test
  void aFailureLeavesExistingOutputsAlone() throws IOException {
    Path rows = Files.writeString(temp.resolve("rows.npy"), "precious");
    Path gradient = Files.writeString(temp.resolve("gradient.npy"), "precious");
    Path probabilities =
        ArrayFiles.floats(temp.resolve("p.npy"), new long[] {3, 2}, .5f, .5f, 1, 0, 1, 1);
    for (List<Object> words :
        List.<List<Object>>of(
            List.of("--probabilities", probabilities, "--targets", labels),
            List.of("--logits", logits, "--targets", labels, "--class-axis", "7"),
            List.of("--logits", logits, "--targets", probabilities, "--target-kind", "classes"))) {
      List<Object> command = new ArrayList<>(List.of("evaluate", "--chunk-rows", "1"));
      command.addAll(words);
      command.addAll(List.of("--per-row", rows, "--gradient", gradient));
      assertThat(CommandRun.of(command.toArray()).exitCode()).isIn(2, 3);
      assertThat(rows).hasContent("precious");
      assertThat(gradient).hasContent("precious");
    }
    assertThat(temp.toFile().list()).noneMatch(name -> name.endsWith(".part"));
  }

  @Test
  void successReplacesExistingOutputs() throws IOException {
    Path rows = Files.writeString(temp.resolve("rows.npy"), "old");
    assertThat(evaluate("--per-row", rows).exitCode()).isZero();
    assertThat(ArrayFiles.read(rows)).hasSize(3);
  }

  private CommandRun evaluate(Object... more) {
    List<Object> words =
        new ArrayList<>(List.of("evaluate", "--logits", logits, "--targets", labels));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray());
  }
}
