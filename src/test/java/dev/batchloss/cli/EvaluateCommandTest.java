package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The contract of {@code batchloss evaluate}: options, keys and exit codes. */
class EvaluateCommandTest {
  private static final Path DIGITS = Path.of("examples/digits");
  private static final double DIGITS_LOSS = 0.1627649373283526;

  @TempDir Path temp;

  private Path logits;
  private Path labels;

  @BeforeEach
  void writeSmallFiles() throws IOException {
    logits = ArrayFiles.floats(temp.resolve("x.npy"), new long[] {3, 2}, 1, 2, 3, 5, 8, 13);
    labels = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {3}, 1, 0, 1);
  }

  @Test
  void printsTheKeysOfTheContractInItsOrder() {
    JsonNode json =
        run("--metrics", "per-class,ece,brier,mrr,entropy,perplexity,top5,accuracy", "--json")
            .json();

    assertThat(json.propertyNames())
        .containsExactly(
            "loss",
            "reduction",
            "backend",
            "backendDetail",
            "backends",
            "passedOver",
            "warnings",
            "rows",
            "classes",
            "counted",
            "ignored",
            "weightSum",
            "metrics",
            "seconds",
            "bytesPerSecond");
    assertThat(json.get("metrics").propertyNames())
        .containsExactly(
            "accuracy",
            "top5",
            "perplexity",
            "entropy",
            "mrr",
            "brier",
            "ece",
            "perClass",
            "reliability");
    assertThat(json.at("/metrics/perClass")).hasSize(2);
    assertThat(json.at("/metrics/perClass/0").propertyNames())
        .containsExactly("class", "count", "loss", "recall");
    assertThat(json.at("/metrics/reliability")).hasSize(15);
    assertThat(json.at("/metrics/reliability/0").propertyNames())
        .containsExactly("low", "high", "count", "confidence", "accuracy");
  }

  @Test
  void everyMetricHasItsOwnValue() {
    JsonNode metrics =
        run("--metrics", "accuracy,top2,mrr,brier,ece,per-class", "--json").json().get("metrics");
    double[] wrong = {1 / (1 + Math.E), 1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(5))};
    double brier = 0;
    for (double share : wrong) {
      brier += 2 * share * share / 3;
    }
    double gaps = wrong[0] + wrong[1] + wrong[2];
    assertThat(metrics.get("accuracy").doubleValue()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(metrics.get("top2").doubleValue()).isEqualTo(1);
    assertThat(metrics.get("mrr").doubleValue()).isCloseTo(2.5 / 3, within(1e-12));
    assertThat(metrics.get("brier").doubleValue()).isCloseTo(brier, within(1e-6));
    assertThat(metrics.get("ece").doubleValue()).isCloseTo(gaps / 3, within(1e-6));
    JsonNode first = metrics.at("/perClass/0");
    assertThat(first.get("class").intValue()).isZero();
    assertThat(first.get("count").intValue()).isEqualTo(1);
    assertThat(first.get("loss").doubleValue()).isCloseTo(-Math.log(1 - wrong[1]), within(1e-6));
    assertThat(first.get("recall").doubleValue()).isZero();
  }

  @Test
  void printsTheFactsOfTheDigitsAsJson() {
    JsonNode json =
        CommandRun.of(
                "evaluate",
                "--logits=" + DIGITS.resolve("logits.npy"),
                "--targets=" + DIGITS.resolve("labels.npy"),
                "--json")
            .json();

    assertThat(json.get("loss").doubleValue()).isCloseTo(DIGITS_LOSS, within(1e-6));
    assertThat(json.get("reduction").stringValue()).isEqualTo("mean");
    assertThat(json.get("rows").longValue()).isEqualTo(1797);
    assertThat(json.get("classes").intValue()).isEqualTo(10);
    assertThat(json.get("counted").longValue()).isEqualTo(1797);
    assertThat(json.get("ignored").longValue()).isZero();
    assertThat(json.get("weightSum").doubleValue()).isEqualTo(1797);
    assertThat(json.get("warnings")).isEmpty();
    assertThat(json.get("metrics").propertyNames())
        .containsExactly("accuracy", "top5", "perplexity", "entropy");
    assertThat(json.at("/metrics/accuracy").doubleValue()).isEqualTo(0.9666110183639399);
    assertThat(json.at("/metrics/top5").doubleValue()).isEqualTo(0.9994435169727324);
    assertThat(json.at("/metrics/perplexity").doubleValue())
        .isCloseTo(1.176760044815277, within(1e-6));
    assertThat(json.at("/metrics/entropy").doubleValue())
        .isCloseTo(0.3560941367068813, within(1e-6));
    double seconds = json.get("seconds").doubleValue();
    assertThat(json.get("bytesPerSecond").doubleValue()).isEqualTo(1797 * 10 * 4 / seconds);
  }

  @Test
  void probabilitiesAndTheirLogarithmsGiveTheSameLoss() throws IOException {
    Path probabilities = DIGITS.resolve("probabilities.npy");
    Path targets = DIGITS.resolve("labels.npy");
    CommandRun direct =
        CommandRun.of(
            "evaluate", "--probabilities", probabilities, "--targets", targets, "--quiet");
    assertThat(Double.parseDouble(direct.out())).isCloseTo(DIGITS_LOSS, within(1e-6));

    double[] logs = ArrayFiles.read(probabilities);
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log(logs[i]);
    }
    Path logarithms = ArrayFiles.doubles(temp.resolve("l.npy"), new long[] {1797, 10}, logs);
    CommandRun ofLogarithms =
        CommandRun.of(
            "evaluate", "--log-probabilities", logarithms, "--targets", targets, "--quiet");
    assertThat(Double.parseDouble(ofLogarithms.out())).isCloseTo(DIGITS_LOSS, within(1e-6));
  }

  @Test
  void printsATableForPeople() {
    CommandRun run =
        CommandRun.of(
            "evaluate",
            "--logits",
            DIGITS.resolve("logits.npy"),
            "--targets",
            DIGITS.resolve("labels.npy"),
            "--backend",
            "scalar");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .anyMatch(line -> line.matches("loss +0\\.1627649\\d*"))
        .anyMatch(line -> line.matches("reduction +mean"))
        .anyMatch(line -> line.matches("rows +1797"))
        .anyMatch(line -> line.matches("counted +1797"))
        .anyMatch(line -> line.matches("ignored +0"))
        .anyMatch(line -> line.matches("accuracy +0\\.9666110\\d*"))
        .anyMatch(line -> line.matches("top5 +0\\.9994435\\d*"))
        .anyMatch(line -> line.matches("perplexity +1\\.17676\\d*"))
        .anyMatch(line -> line.matches("entropy +0\\.3560941\\d*"))
        .anyMatch(line -> line.matches("speed .*rows/s.*"))
        .anyMatch(line -> line.matches("backend +scalar \\(.+\\)"));
  }

  @Test
  void onlyMetricsThatWereAskedForAppear() {
    assertThat(run("--metrics", "top2,mrr,top1", "--json").json().get("metrics").propertyNames())
        .containsExactly("top1", "top2", "mrr");
    assertThat(run("--metrics", "", "--json").json().get("metrics").propertyNames()).isEmpty();
    assertThat(run("--metrics", "per-class").out()).contains("recall").doesNotContain("accuracy ");
  }

  @Test
  void quietPrintsTheLossAlone() throws IOException {
    Path alike = ArrayFiles.floats(temp.resolve("p.npy"), new long[] {1, 2}, .5f, .5f);
    Path one = ArrayFiles.longs(temp.resolve("o.npy"), new long[] {1}, 0);
    CommandRun run = CommandRun.of("evaluate", "--logits", alike, "--targets", one, "--quiet");
    assertThat(run.out().lines()).singleElement().asString().startsWith("0.69314");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void warningsAreInTheJsonOrOnStandardError() throws IOException {
    Path alike = ArrayFiles.floats(temp.resolve("p.npy"), new long[] {1, 2}, .5f, .5f);
    Path one = ArrayFiles.longs(temp.resolve("o.npy"), new long[] {1}, 0);
    CommandRun table = CommandRun.of("evaluate", "--logits", alike, "--targets", one);
    assertThat(table.err().lines()).singleElement().asString().contains("warning", "p.npy");
    CommandRun json = CommandRun.of("evaluate", "--logits", alike, "--targets", one, "--json");
    assertThat(json.err()).isEmpty();
    assertThat(json.json().at("/warnings/0").stringValue()).contains("look like probabilities");
  }

  @Test
  void everyOptionOfTheLossReachesIt() throws IOException {
    Path weights = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {3}, 1, 2, 3);
    Path ofClasses = ArrayFiles.doubles(temp.resolve("cw.npy"), new long[] {2}, 0.5, 2);
    CommandRun run =
        run(
            "--sample-weights",
            weights,
            "--class-weights",
            ofClasses,
            "--label-smoothing=0.2",
            "--z-loss=0.1",
            "--logit-scale=0.5",
            "--softcap=3",
            "--ignore-index=0",
            "--loss=cross-entropy",
            "--reduction=sum",
            "--json");

    double[][] x = {{1, 2}, {8, 13}};
    double[] w = {1, 3};
    double expected = 0;
    for (int r = 0; r < 2; r++) {
      double z0 = 3 * Math.tanh(0.5 * x[r][0] / 3);
      double z1 = 3 * Math.tanh(0.5 * x[r][1] / 3);
      double lse = Math.log(Math.exp(z0) + Math.exp(z1));
      double smooth = 0.2 / 2 * (0.5 * (lse - z0) + 2 * (lse - z1));
      expected += w[r] * (0.8 * 2 * (lse - z1) + smooth + 0.1 * lse * lse);
    }
    assertThat(run.json().get("loss").doubleValue()).isCloseTo(expected, within(1e-5));
    assertThat(run.json().get("reduction").stringValue()).isEqualTo("sum");
    assertThat(run.json().get("ignored").longValue()).isEqualTo(1);
    assertThat(run.json().get("weightSum").doubleValue()).isEqualTo(8);
  }

  @Test
  void writesRowLossesAndGradientWhateverTheChunks() throws IOException {
    List<double[]> losses = new ArrayList<>();
    List<double[]> gradients = new ArrayList<>();
    for (String rows : List.of("1", "2", "3", "1000000")) {
      Path perRow = temp.resolve("rows.npy");
      Path gradient = temp.resolve("gradient.npy");
      CommandRun run =
          run("--per-row", perRow, "--gradient", gradient, "--chunk-rows", rows, "--quiet");
      assertThat(run.exitCode()).as(run.err()).isZero();
      losses.add(ArrayFiles.read(perRow));
      gradients.add(ArrayFiles.read(gradient));
    }
    assertThat(losses).allSatisfy(row -> assertThat(row).isEqualTo(losses.getFirst()));
    assertThat(gradients).allSatisfy(g -> assertThat(g).isEqualTo(gradients.getFirst()));
    double p = 1 / (1 + Math.exp(-1));
    assertThat(gradients.getFirst()[0]).isCloseTo((1 - p) / 3, within(1e-6));
    assertThat(losses.getFirst()[0]).isCloseTo(-Math.log(p), within(1e-6));
    assertThat(inFolder()).containsExactlyInAnyOrder("x.npy", "t.npy", "rows.npy", "gradient.npy");
  }

  @ParameterizedTest
  @CsvSource({"classes, 0", "probabilities, 1"})
  void theTargetKindCanBeForced(String kind, float value) throws IOException {
    Path single = ArrayFiles.floats(temp.resolve("one.npy"), new long[] {2, 1}, 1, 1);
    Path targets = ArrayFiles.floats(temp.resolve("tt.npy"), new long[] {2, 1}, value, value);
    CommandRun run =
        CommandRun.of(
            "evaluate", "--logits", single, "--targets", targets, "--target-kind", kind, "--quiet");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(Double.parseDouble(run.out())).isZero();
  }

  @Test
  void negativeNumbersAreValuesOfOptions() {
    CommandRun run =
        run("--ignore-index", "-100", "--class-axis", "-1", "--z-loss", "-0.5", "--quiet");
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--metrics=nonsense",
        "--metrics=top0",
        "--metrics=accuracy,,ece",
        "--label-smoothing=2",
        "--label-smoothing=NaN",
        "--softcap=-1",
        "--softcap=0",
        "--logit-scale=0",
        "--z-loss=Infinity",
        "--reduction=median",
        "--reduction=MEAN",
        "--empty-mean=one",
        "--target-kind=both",
        "--loss=nonsense",
        "--chunk-rows=0",
        "--chunk-rows=many",
        "--threads=-1",
        "--class-axis=2",
        "--class-axis=-3",
        "--ignore-index=x",
        "--nonsense",
        "another"
      })
  void wrongUsageEndsWithTwo(String option) {
    CommandRun run = run(option);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).singleElement().asString().startsWith("batchloss: ");
  }

  @Test
  void unknownNamesAreToldWithTheKnownOnes() {
    assertThat(run("--metrics=f1").err()).contains("'f1'", "accuracy", "top<k>", "per-class");
    assertThat(run("--loss=nonsense").err())
        .contains("'nonsense'", "cross-entropy", "softmax-entropy");
    assertThat(run("--reduction=median").err()).contains("'median'", "mean, sum or batch-mean");
    assertThat(run("--label-smoothing=2").err()).contains("--label-smoothing is 2.0", "0..1");
  }

  @Test
  void optionsOfLogitsMeanNothingForProbabilities() {
    CommandRun run =
        CommandRun.of(
            "evaluate", "--probabilities", logits, "--targets", labels, "--z-loss", "0.1");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--z-loss is 0.1");
  }

  @Test
  void exactlyOneFileOfPredictionsAndOneOfTargetsAreNeeded() {
    assertThat(CommandRun.of("evaluate", "--targets", labels).exitCode()).isEqualTo(2);
    assertThat(CommandRun.of("evaluate", "--logits", logits).exitCode()).isEqualTo(2);
    assertThat(run("--probabilities", logits).exitCode()).isEqualTo(2);
    assertThat(run("--logits", logits).exitCode()).isEqualTo(2);
  }

  @Test
  void failuresAreJsonWhereJsonWasAskedFor() {
    for (CommandRun run :
        List.of(
            run("--metrics=f1", "--json"),
            CommandRun.of("evaluate", "--json"),
            CommandRun.of("--json"),
            CommandRun.of("evaluate", "--json", "--logits", "no.npy", "--targets", labels))) {
      assertThat(run.json().propertyNames()).containsExactly("error", "exitCode");
      assertThat(run.json().get("exitCode").intValue()).isEqualTo(run.exitCode()).isNotZero();
      assertThat(run.json().get("error").stringValue()).isNotEmpty();
      assertThat(run.err()).isEmpty();
    }
  }

  @Test
  void anUnavailableBackendEndsWithFourAndAllReasons() {
    CommandRun run = run("--backend", "abacus");
    assertThat(run.exitCode()).isEqualTo(4);
    assertThat(run.err().lines()).singleElement().asString().contains("'abacus'", "scalar: ");
    System.setProperty("batchloss.backend", "abacus");
    try {
      assertThat(run().exitCode()).isEqualTo(4);
      assertThat(run("--backend", "scalar").exitCode()).isZero();
      assertThat(run("--backend", "auto").exitCode()).isZero();
    } finally {
      System.clearProperty("batchloss.backend");
    }
  }

  @Test
  void theBackendIsTheOneThatWasAskedFor() {
    assertThat(run("--backend=scalar", "--threads=1", "--json").json().get("backend").stringValue())
        .isEqualTo("scalar");
  }

  @Test
  void helpShowsExamplesAndExitCodes() {
    for (String command : List.of("evaluate", "losses", "devices", "inspect", "bench")) {
      CommandRun run = CommandRun.of(command, "--help");
      assertThat(run.exitCode()).isZero();
      assertThat(run.out()).contains("Examples:", "batchloss " + command, "Exit codes:", "  2  ");
      assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
    }
    assertThat(CommandRun.of("--help").out())
        .contains("evaluate", "losses", "devices", "inspect", "bench");
    assertThat(CommandRun.of("--version").out()).startsWith("batchloss");
    assertThat(CommandRun.of().exitCode()).isEqualTo(2);
  }

  private CommandRun run(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("evaluate", "--logits", logits));
    arguments.addAll(List.of("--targets", labels));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  private List<String> inFolder() throws IOException {
    try (var files = Files.list(temp)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
