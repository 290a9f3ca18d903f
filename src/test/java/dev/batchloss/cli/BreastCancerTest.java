package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.io.NumericFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Real binary predictions come to what scikit-learn made of them. */
class BreastCancerTest {
  private static final Path FOLDER = Path.of("examples/breast-cancer");

  @Test
  void logitsGiveWhatIsExpected() {
    check("binary-cross-entropy-with-logits", "--logits", FOLDER.resolve("logits.npy"));
  }

  @Test
  void probabilitiesGiveTheSame(@TempDir Path temp) throws IOException {
    try (NumericFile file = NumericFile.open(FOLDER.resolve("logits.npy"))) {
      float[] logits = new float[Math.toIntExact(file.shape().getFirst())];
      file.read(new long[1], new long[] {logits.length}, MemorySegment.ofArray(logits));
      double[] probabilities = new double[logits.length];
      for (int r = 0; r < logits.length; r++) {
        probabilities[r] = 1 / (1 + Math.exp(-(double) logits[r]));
      }
      Path written =
          ArrayFiles.doubles(temp.resolve("p.npy"), new long[] {logits.length}, probabilities);
      check("binary-cross-entropy", "--probabilities", written);
    }
  }

  private static void check(String loss, String option, Path predictions) {
    JsonNode expected = new JsonMapper().readTree(FOLDER.resolve("expected.json"));
    CommandRun run =
        CommandRun.of(
            "evaluate",
            "--loss",
            loss,
            option,
            predictions.toString(),
            "--targets",
            FOLDER.resolve("labels.npy").toString(),
            "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    double want = expected.get("mean_binary_cross_entropy").doubleValue();
    assertThat(json.get("loss").doubleValue()).isCloseTo(want, within(1e-6 * want));
    assertThat(json.at("/metrics/accuracy").doubleValue())
        .isEqualTo(expected.get("accuracy").doubleValue());
    assertThat(json.get("rows").longValue()).isEqualTo(expected.get("rows").longValue());
  }
}
