package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** {@code batchloss evaluate --loss}: each loss, its options, and what it does not take. */
class EvaluateLossesTest {
  private static final long[] MATRIX = {3, 2};
  private static final double[][] X = {{1, 2}, {3, 5}, {8, 13}};
  private static final int[] TARGETS = {1, 0, 1};
  private static final double[][] Q = {{0.25, 0.75}, {1, 0}, {0.5, 0.5}};

  @TempDir Path temp;

  private Path logits;
  private Path labels;
  private Path distributions;

  @BeforeEach
  void writeFiles() throws IOException {
    logits = ArrayFiles.doubles(temp.resolve("x.npy"), MATRIX, 1, 2, 3, 5, 8, 13);
    labels = ArrayFiles.longs(temp.resolve("t.npy"), new long[] {3}, 1, 0, 1);
    distributions = ArrayFiles.doubles(temp.resolve("q.npy"), MATRIX, .25, .75, 1, 0, .5, .5);
  }

  private static double probability(int row, int c) {
    return Math.exp(X[row][c]) / (Math.exp(X[row][0]) + Math.exp(X[row][1]));
  }

  private static double nll(int row, int c) {
    return -Math.log(probability(row, c));
  }

  @Test
  void focalTakesGammaAlphaAndWeights() throws IOException {
    Path weights = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {3}, 1, 2, 3);
    Path ofClasses = ArrayFiles.doubles(temp.resolve("cw.npy"), new long[] {2}, 0.5, 2);
    JsonNode json =
        run(
                "--loss=softmax-focal",
                "--gamma=3",
                "--alpha=0.25",
                "--sample-weights=" + weights,
                "--class-weights=" + ofClasses,
                "--ignore-index=0",
                "--json",
                "--targets=" + labels)
            .json();

    double expected = 0;
    for (int row : new int[] {0, 2}) {
      double missing = probability(row, 0);
      expected += (row + 1) * 0.25 * 2 * Math.pow(missing, 3) * nll(row, 1);
    }
    assertThat(json.get("loss").doubleValue()).isCloseTo(expected / 8, within(1e-9));
    assertThat(json.get("weightSum").doubleValue()).isEqualTo(8);
    assertThat(json.get("ignored").longValue()).isEqualTo(1);
    assertThat(json.get("metrics").propertyNames())
        .containsExactly("accuracy", "top5", "perplexity", "entropy");
  }

  @Test
  void gammaIsTwoUnlessGiven() {
    double expected = 0;
    for (int row = 0; row < 3; row++) {
      double missing = probability(row, 1 - TARGETS[row]);
      expected += missing * missing * nll(row, TARGETS[row]) / 3;
    }
    assertThat(loss("--loss=softmax-focal", "--targets=" + labels))
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void generalizedCrossEntropyTakesItsExponent() {
    double expected = 0;
    for (int row = 0; row < 3; row++) {
      expected += (1 - Math.pow(probability(row, TARGETS[row]), 0.25)) / 0.25 / 3;
    }
    assertThat(loss("--loss=generalized-cross-entropy", "--q=0.25", "--targets=" + labels))
        .isCloseTo(expected, within(1e-6));
  }

  @Test
  void divergenceIsOfTheTargets() {
    double expected = 0;
    for (int row = 0; row < 3; row++) {
      for (int c = 0; c < 2; c++) {
        double q = Q[row][c];
        expected += q == 0 ? 0 : q * (Math.log(q) + nll(row, c));
      }
    }
    assertThat(
            loss("--loss=softmax-kl-divergence", "--reduction=sum", "--targets=" + distributions))
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void likelihoodIsOfLogProbabilities() throws IOException {
    Path logs = ArrayFiles.doubles(temp.resolve("l.npy"), MATRIX, -1, -2, -3, -4, -5, -6);
    CommandRun run =
        CommandRun.of(
            "evaluate",
            "--loss=negative-log-likelihood",
            "--log-probabilities=" + logs,
            "--targets=" + labels,
            "--quiet");
    assertThat(Double.parseDouble(run.out())).isCloseTo((2 + 3 + 6) / 3.0, within(1e-12));
  }

  @Test
  void entropyNeedsNoTargetsAndWritesItsGradient() throws IOException {
    Path rows = temp.resolve("rows.npy");
    Path gradient = temp.resolve("g.npy");
    CommandRun run =
        run("--loss=softmax-entropy", "--per-row=" + rows, "--gradient=" + gradient, "--json");

    assertThat(run.exitCode()).as(run.out()).isZero();
    double[] losses = ArrayFiles.read(rows);
    double[] slopes = ArrayFiles.read(gradient);
    double sum = 0;
    for (int row = 0; row < 3; row++) {
      double entropy = 0;
      for (int c = 0; c < 2; c++) {
        entropy += probability(row, c) * nll(row, c);
      }
      assertThat(losses[row]).isCloseTo(entropy, within(1e-12));
      for (int c = 0; c < 2; c++) {
        double slope = probability(row, c) * (nll(row, c) - entropy) / 3;
        assertThat(slopes[2 * row + c]).isCloseTo(slope, within(1e-12));
      }
      sum += entropy;
    }
    assertThat(run.json().get("loss").doubleValue()).isCloseTo(sum / 3, within(1e-12));
    assertThat(run.json().at("/metrics/entropy").doubleValue()).isCloseTo(sum / 3, within(1e-12));
    assertThat(run.json().get("metrics").propertyNames()).containsExactly("entropy");
    assertThat(run.json().get("counted").longValue()).isEqualTo(3);
  }

  @Test
  void chunksChangeNoBitWithoutTargets() {
    double whole = loss("--loss=softmax-entropy");
    assertThat(loss("--loss=softmax-entropy", "--chunk-rows=1")).isEqualTo(whole);
    assertThat(loss("--loss=softmax-entropy", "--chunk-rows=2")).isEqualTo(whole);
  }

  @Test
  void noRowsAreAMeanOverNothing() throws IOException {
    Path none = ArrayFiles.doubles(temp.resolve("none.npy"), new long[] {0, 4});
    CommandRun run = CommandRun.of("evaluate", "--loss=softmax-entropy", "--logits", none);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("NaN");
    assertThat(run.err()).contains("has no rows");
  }

  @ParameterizedTest
  @CsvSource({
    "softmax-entropy, --gamma=2, softmax-entropy takes no --gamma",
    "softmax-entropy, --ignore-index=0, softmax-entropy takes no --ignore-index",
    "softmax-entropy, --sample-weights=w.npy, softmax-entropy takes no --sample-weights",
    "softmax-entropy, --class-weights=w.npy, softmax-entropy takes no --class-weights",
    "softmax-entropy, --targets=t.npy, softmax-entropy takes no --targets",
    "softmax-entropy, --target-kind=classes, softmax-entropy takes no --target-kind",
    "softmax-entropy, --metrics=accuracy, the metric accuracy means nothing for the loss"
        + " softmax-entropy",
    "softmax-focal, --label-smoothing=0.1, softmax-focal takes no --label-smoothing",
    "softmax-focal, --z-loss=0, softmax-focal takes no --z-loss",
    "softmax-focal, --gamma=-1, --gamma is -1.0",
    "softmax-focal, --alpha=0, --alpha is 0.0",
    "softmax-kl-divergence, --class-weights=w.npy, softmax-kl-divergence takes no --class-weights",
    "cross-entropy, --alpha=1, cross-entropy takes no --alpha",
    "negative-log-likelihood, --reduction=sum, negative-log-likelihood takes no --logits"
  })
  void whatALossDoesNotTakeIsWrongUsage(String loss, String option, String message) {
    requireWrongUsage(run("--loss=" + loss, option), message);
  }

  @Test
  void plainValuesAreNoDistributions() {
    CommandRun run =
        CommandRun.of("evaluate", "--predictions=" + logits, "--targets=" + labels, "--quiet");
    requireWrongUsage(run, "cross-entropy takes no --predictions: the file is one of --logits,");
  }

  @Test
  void targetsAreNeededUnlessTheLossTakesNone() {
    requireWrongUsage(run(), "--targets", "cross-entropy takes classes or probabilities");
    requireWrongUsage(
        run("--loss=softmax-kl-divergence"), "softmax-kl-divergence takes probabilities");
  }

  @Test
  void targetsOfAnotherKindAreRefused() {
    requireWrongUsage(
        run("--loss=softmax-focal", "--target-kind=probabilities", "--targets=" + distributions),
        "softmax-focal takes no targets of the --target-kind probabilities, but classes");
    CommandRun classes = run("--loss=softmax-kl-divergence", "--targets=" + labels);
    assertThat(classes.exitCode()).isEqualTo(3);
    assertThat(classes.err()).contains("t.npy: has shape 3, expected 3×2 (probabilities)");
    CommandRun soft = run("--loss=softmax-focal", "--targets=" + distributions);
    assertThat(soft.exitCode()).isEqualTo(3);
    assertThat(soft.err()).contains("q.npy: has shape 3×2, expected 3 (classes)");
  }

  @Test
  void aShapeWithTwoReadingsHasOneForALossOfOneKind() throws IOException {
    Path single = ArrayFiles.doubles(temp.resolve("one.npy"), new long[] {2, 1}, 4, 4);
    Path zeros = ArrayFiles.doubles(temp.resolve("zero.npy"), new long[] {2, 1}, 0, 0);
    CommandRun run =
        CommandRun.of(
            "evaluate", "--loss=softmax-focal", "--logits", single, "--targets", zeros, "--quiet");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(Double.parseDouble(run.out())).isZero();
  }

  private double loss(String... options) {
    List<String> quiet = new ArrayList<>(List.of(options));
    quiet.add("--quiet");
    CommandRun run = run(quiet.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return Double.parseDouble(run.out());
  }

  private CommandRun run(String... options) {
    List<Object> arguments = new ArrayList<>(List.of("evaluate", "--logits", logits));
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray());
  }

  private static void requireWrongUsage(CommandRun run, String... message) {
    assertThat(run.exitCode()).as(run.out()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).singleElement().asString().contains(message);
  }
}
