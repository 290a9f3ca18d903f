package dev.batchloss.cli;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import dev.batchloss.ArrayFiles;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs {@code bin/batchloss} over the digits' predictions as a user would. */
@Tag("launcher")
@Timeout(value = 2, unit = MINUTES, threadMode = SEPARATE_THREAD)
class DigitsIT {
  private static final Path DIGITS = Path.of("examples/digits");
  private static final String LOGITS = DIGITS.resolve("logits.npy").toString();
  private static final String LABELS = DIGITS.resolve("labels.npy").toString();

  @TempDir Path temp;

  @Test
  void printsTheTableOfTheReadme() throws Exception {
    LauncherRun run = run("evaluate", "--logits", LOGITS, "--targets", LABELS);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("loss +0\\.1627649")
        .containsPattern("accuracy +0\\.9666110")
        .containsPattern("top5 +0\\.9994435")
        .containsPattern("perplexity +1\\.17676")
        .containsPattern("entropy +0\\.3560941")
        .contains("rows/s", "backend");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--logits=logits.npy", "--probabilities=probabilities.npy"})
  void givesWhatIsExpected(String input) throws Exception {
    JsonNode expected = new JsonMapper().readTree(DIGITS.resolve("expected.json"));
    String option = input.replace("=", "=" + DIGITS + "/");
    LauncherRun run = run("evaluate", option, "--targets", LABELS, "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    assertSame(json.get("loss"), expected.get("mean_cross_entropy"));
    assertSame(json.at("/metrics/accuracy"), expected.get("accuracy"));
    assertSame(json.at("/metrics/top5"), expected.get("top5_accuracy"));
    assertSame(json.at("/metrics/perplexity"), expected.get("perplexity"));
    assertSame(json.at("/metrics/entropy"), expected.get("mean_predictive_entropy"));
    assertThat(json.get("rows").longValue()).isEqualTo(expected.get("rows").longValue());
    assertThat(json.get("classes").longValue()).isEqualTo(expected.get("classes").longValue());
  }

  @Test
  void writesTheLossAndTheGradientOfEveryRow() throws Exception {
    Path rows = temp.resolve("rows of digits.npy");
    Path gradient = temp.resolve("gradient.npy");
    LauncherRun run =
        run(
            "evaluate",
            "--logits",
            LOGITS,
            "--targets",
            LABELS,
            "--reduction",
            "sum",
            "--per-row",
            rows.toString(),
            "--gradient",
            gradient.toString(),
            "--quiet");
    assertThat(run.exitCode()).as(run.err()).isZero();
    double sum = 0;
    for (double loss : ArrayFiles.read(rows)) {
      sum += loss;
    }
    assertThat(sum).isCloseTo(Double.parseDouble(run.out()), within(1e-9));
    double[] derivatives = ArrayFiles.read(gradient);
    assertThat(derivatives).hasSize(1797 * 10);
    double ofRow = 0;
    for (int c = 0; c < 10; c++) {
      ofRow += derivatives[c];
    }
    assertThat(ofRow).isCloseTo(0, within(1e-6));
  }

  @Test
  void aFileLargerThanTheMemoryOfTheJvmIsNoMatter() throws Exception {
    int rows = 40_000;
    int classes = 1000;
    Path input = temp.resolve("large.npy");
    byte[] header = ArrayFiles.npy("<f4", "False", new long[] {rows, classes}, new byte[0]);
    try (RandomAccessFile sparse = new RandomAccessFile(input.toFile(), "rw")) {
      sparse.write(header);
      sparse.setLength(header.length + 4L * rows * classes);
    }
    Path targets = ArrayFiles.longs(temp.resolve("targets.npy"), new long[] {rows}, new long[rows]);
    LauncherRun run =
        LauncherRun.of(
            Map.of("BATCHLOSS_JAVA_OPTS", "-Xmx48m"),
            "evaluate",
            "--logits",
            input.toString(),
            "--targets",
            targets.toString(),
            "--gradient",
            temp.resolve("gradient.npy").toString(),
            "--json");
    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    assertThat(run.json().get("loss").doubleValue()).isCloseTo(Math.log(classes), within(1e-6));
    assertThat(Files.size(temp.resolve("gradient.npy"))).isEqualTo(Files.size(input));
  }

  @Test
  void exitCodesReachTheShell() throws Exception {
    assertThat(run("evaluate", "--logits", "no.npy", "--targets", LABELS).exitCode()).isEqualTo(1);
    assertThat(run("evaluate", "--logits", LOGITS).exitCode()).isEqualTo(2);
    assertThat(run("evaluate", "--logits", LOGITS, "--targets", LOGITS).exitCode()).isEqualTo(3);
    LauncherRun unavailable =
        LauncherRun.of(
            Map.of("BATCHLOSS_BACKEND", "abacus"),
            "evaluate",
            "--logits",
            LOGITS,
            "--targets",
            LABELS);
    assertThat(unavailable.exitCode()).isEqualTo(4);
    assertThat(unavailable.err()).contains("'abacus'", "scalar: ");
  }

  @Test
  void listsBackendsAndInspectsFiles() throws Exception {
    LauncherRun devices = run("devices", "--json");
    assertThat(devices.exitCode()).isZero();
    assertThat(devices.json().findValuesAsString("name")).contains("cpu", "scalar");
    LauncherRun inspection = run("inspect", LOGITS, "--json");
    assertThat(inspection.json().get("shape").toString()).isEqualTo("[1797,10]");
    assertThat(run("--version").out()).startsWith("batchloss 0.");
  }

  private static void assertSame(JsonNode found, JsonNode expected) {
    assertThat(found.doubleValue()).isCloseTo(expected.doubleValue(), within(2e-7));
  }

  private static LauncherRun run(String... arguments) throws Exception {
    return LauncherRun.of(Map.of(), arguments);
  }
}
