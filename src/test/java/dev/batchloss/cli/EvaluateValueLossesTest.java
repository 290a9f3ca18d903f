package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** {@code batchloss evaluate --loss} of target values: each loss and option by its formula. */
class EvaluateValueLossesTest {
  private static final long[] MATRIX = {2, 3};
  private static final double[] X = {0.5, -1.25, 3, 0.1, 2, -0.5};
  private static final double[] Y = {1, 0.5, 0.25, 0.75, 0, 1};
  private static final double[] P = {0.2, 0.3, 0.5, 0.1, 0.6, 0.3};

  @TempDir Path temp;

  private Path values;
  private Path shares;
  private Path logarithms;
  private Path targets;

  @BeforeEach
  void writeFiles() throws IOException {
    values = ArrayFiles.doubles(temp.resolve("x.npy"), MATRIX, X);
    shares = ArrayFiles.doubles(temp.resolve("p.npy"), MATRIX, P);
    logarithms = ArrayFiles.doubles(temp.resolve("l.npy"), MATRIX, logarithms(P));
    targets = ArrayFiles.doubles(temp.resolve("y.npy"), MATRIX, Y);
  }

  private static double[] logarithms(double[] values) {
    double[] logarithms = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      logarithms[i] = Math.log(values[i]);
    }
    return logarithms;
  }

  private static double crossEntropy(double p, double y) {
    return -y * Math.log(p) - (1 - y) * Math.log(1 - p);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double huber(double d, double delta) {
    return Math.abs(d) <= delta ? d * d / 2 : delta * (Math.abs(d) - delta / 2);
  }

  private static double hinge(double x, double y) {
    return Math.max(0, 1 - x * y);
  }

  private static Arguments of(String words, DoubleBinaryOperator formula) {
    return Arguments.of(words, formula);
  }

  private static Stream<Arguments> valueLosses() {
    return Stream.of(
        of("mean-squared-error", (x, y) -> (x - y) * (x - y)),
        of("mean-absolute-error", (x, y) -> Math.abs(x - y)),
        of(
            "mean-absolute-percentage-error --epsilon=0.5",
            (x, y) -> 100 * Math.abs(x - y) / Math.max(y, 0.5)),
        of(
            "mean-squared-logarithmic-error",
            (x, y) -> Math.pow(Math.log1p(Math.max(x, 1e-7)) - Math.log1p(Math.max(y, 1e-7)), 2)),
        of("huber", (x, y) -> huber(x - y, 1)),
        of("huber --delta=0.5", (x, y) -> huber(x - y, 0.5)),
        of("log-cosh", (x, y) -> Math.log(Math.cosh(x - y))),
        of("poisson --log-rates", (x, y) -> Math.exp(x) - y * x),
        of("hinge", EvaluateValueLossesTest::hinge),
        of("squared-hinge", (x, y) -> hinge(x, y) * hinge(x, y)),
        of("hinge --zero-one-targets", (x, y) -> hinge(x, 2 * y - 1)));
  }

  @ParameterizedTest
  @MethodSource("valueLosses")
  void ofPlainValues(String words, DoubleBinaryOperator formula) {
    double want = meanOf(X, formula);
    assertThat(loss("--predictions", values, words)).isCloseTo(want, within(1e-12));
    assertThat(loss("--predictions", values, words + " --class-reduction=sum"))
        .isCloseTo(3 * want, within(1e-11));
    assertThat(loss("--predictions", values, words + " --reduction=sum"))
        .isCloseTo(2 * want, within(1e-11));
  }

  private static Stream<Arguments> probabilityLosses() {
    return Stream.of(
        of("binary-cross-entropy", EvaluateValueLossesTest::crossEntropy),
        of("binary-cross-entropy --label-smoothing=0.2", (p, y) -> crossEntropy(p, 0.8 * y + 0.1)),
        of(
            "binary-focal --gamma=3 --alpha=0.25",
            (p, y) ->
                (0.25 * y + 0.75 * (1 - y))
                    * Math.pow(1 - y * p - (1 - y) * (1 - p), 3)
                    * crossEntropy(p, y)),
        of(
            "kl-divergence --class-reduction=mean",
            (p, y) -> y == 0 ? 0 : y * (Math.log(y) - Math.log(p))));
  }

  @ParameterizedTest
  @MethodSource("probabilityLosses")
  void ofProbabilities(String words, DoubleBinaryOperator formula) {
    assertThat(loss("--probabilities", shares, words)).isCloseTo(meanOf(P, formula), within(1e-12));
  }

  @Test
  void crossEntropyOfLogitsTakesPositiveAndOtherWeights() throws IOException {
    Path positive = ArrayFiles.doubles(temp.resolve("pw.npy"), new long[] {3}, 1, 2, 3);
    Path ofClasses = ArrayFiles.doubles(temp.resolve("cw.npy"), new long[] {3}, 0.5, 1, 4);
    Path ofRows = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {2}, 1, 3);
    double want = 0;
    for (int i = 0; i < 6; i++) {
      int c = i % 3;
      double p = sigmoid(X[i]);
      double loss = -(c + 1) * Y[i] * Math.log(p) - (1 - Y[i]) * Math.log(1 - p);
      want += (i < 3 ? 1 : 3) * new double[] {0.5, 1, 4}[c] * loss / 3;
    }
    String words =
        "binary-cross-entropy-with-logits --pos-weights=%s --class-weights=%s --sample-weights=%s"
            .formatted(positive, ofClasses, ofRows);
    assertThat(loss("--logits", values, words)).isCloseTo(want / 4, within(1e-12));
  }

  private static Stream<Arguments> weightedLosses() {
    return Stream.of(
        of("mean-squared-error", (x, y) -> (x - y) * (x - y)),
        of("mean-absolute-error", (x, y) -> Math.abs(x - y)),
        of("huber", (x, y) -> huber(x - y, 1)),
        of("log-cosh", (x, y) -> Math.log(Math.cosh(x - y))),
        of("poisson --log-rates", (x, y) -> Math.exp(x) - y * x),
        of("squared-hinge", (x, y) -> hinge(x, y) * hinge(x, y)));
  }

  @ParameterizedTest
  @MethodSource("weightedLosses")
  void everyNumberMayHaveItsOwnWeight(String words, DoubleBinaryOperator formula)
      throws IOException {
    double[] weights = {0.5, 0, -1, 3, 2, 0.25};
    Path file = ArrayFiles.doubles(temp.resolve("ew.npy"), MATRIX, weights);
    double want = 0;
    for (int i = 0; i < 6; i++) {
      want += weights[i] * formula.applyAsDouble(X[i], Y[i]) / 6;
    }
    for (int rows = 1; rows <= 2; rows++) {
      String weighted = words + " --chunk-rows=" + rows + " --element-weights=" + file;
      assertThat(loss("--predictions", values, weighted)).isCloseTo(want, within(1e-12));
    }
  }

  @Test
  void weightsOfNumbersMustFitAndBeFinite() throws IOException {
    Path turned = ArrayFiles.doubles(temp.resolve("turned.npy"), new long[] {3, 2}, X);
    CommandRun wrong = run("--predictions", values, "huber --element-weights=" + turned);
    assertThat(wrong.exitCode()).isEqualTo(3);
    assertThat(wrong.err()).contains("turned.npy: has shape 3×2, expected 2×3", "x.npy");

    Path bad = ArrayFiles.doubles(temp.resolve("bad.npy"), MATRIX, 1, 1, 1, 1, Double.NaN, 1);
    CommandRun nan = run("--predictions", values, "huber --chunk-rows=1 --element-weights=" + bad);
    assertThat(nan.exitCode()).isEqualTo(3);
    assertThat(nan.err())
        .contains("bad.npy: element weight of row 1, class 1 is NaN, must be finite");

    Path ofClasses = ArrayFiles.doubles(temp.resolve("cw.npy"), new long[] {3}, 1, 1, 1);
    CommandRun both =
        run(
            "--predictions",
            values,
            "huber --element-weights=%s --class-weights=%s".formatted(values, ofClasses));
    assertThat(both.exitCode()).isEqualTo(2);
    assertThat(both.err()).contains("x.npy", "cw.npy", "must be one of them");
  }

  @Test
  void theSumIsDividedByTheBatchOnRequest() throws IOException {
    Path ofRows = ArrayFiles.doubles(temp.resolve("w.npy"), new long[] {2}, 1, 3);
    double want = 0;
    for (int i = 0; i < 6; i++) {
      want += Y[i] == 0 ? 0 : (i < 3 ? 1 : 3) * Y[i] * Math.log(Y[i] / P[i]) / 2;
    }
    String words = "kl-divergence --reduction=batch-mean --json --sample-weights=" + ofRows;
    for (int rows = 1; rows <= 2; rows++) {
      JsonNode json =
          run("--log-probabilities", logarithms, words + " --chunk-rows=" + rows).json();
      assertThat(json.get("loss").doubleValue()).isCloseTo(want, within(1e-12));
      assertThat(json.get("reduction").stringValue()).isEqualTo("batch-mean");
    }
  }

  @Test
  void divergenceTakesLogarithmsOfBoth() throws IOException {
    double[] q = {0.25, 0.25, 0.5, 0.125, 0.375, 0.5};
    targets = ArrayFiles.doubles(temp.resolve("q.npy"), MATRIX, logarithms(q));
    double want = 0;
    for (int i = 0; i < 6; i++) {
      want += q[i] * Math.log(q[i] / P[i]) / 2;
    }
    assertThat(loss("--log-probabilities", logarithms, "kl-divergence --log-target"))
        .isCloseTo(want, within(1e-12));
  }

  @Test
  void rowsAreComparedWithRows() {
    double want = 0;
    for (int row = 0; row < 2; row++) {
      double product = 0;
      double ofX = 0;
      double ofY = 0;
      for (int i = 3 * row; i < 3 * row + 3; i++) {
        product += X[i] * Y[i];
        ofX += X[i] * X[i];
        ofY += Y[i] * Y[i];
      }
      want -= product / Math.sqrt(ofX * ofY) / 2;
    }
    assertThat(loss("--predictions", values, "cosine-similarity")).isCloseTo(want, within(1e-12));

    double forward = loss("--logits", values, "logits-kl-divergence --temperature=2");
    double reverse = loss("--logits", values, "logits-kl-divergence --temperature=2 --reverse");
    assertThat(forward).isCloseTo(divergence(Y, X, 2), within(1e-12));
    assertThat(reverse).isCloseTo(divergence(X, Y, 2), within(1e-12));
    assertThat(loss("--logits", values, "logits-kl-divergence --temperature=2 --factor=4"))
        .isCloseTo(4 * forward, within(1e-12));
    assertThat(loss("--logits", values, "jensen-shannon")).isBetween(0.0, Math.log(2));
  }

  @Test
  void hingeIsOfTheBestOfTheOtherClasses() throws IOException {
    targets = ArrayFiles.doubles(temp.resolve("one-hot.npy"), MATRIX, 1, 0, 0, 0, 1, 0);
    assertThat(loss("--predictions", values, "categorical-hinge"))
        .isCloseTo((Math.max(0, 1 + 3 - 0.5) + Math.max(0, 1 + 0.1 - 2)) / 2, within(1e-12));
  }

  @Test
  void accuracyIsOfBinaryLossesAloneAndByDefault() throws IOException {
    targets = ArrayFiles.doubles(temp.resolve("b.npy"), MATRIX, 1, 0, 1, 0, 1, 1);
    JsonNode binary =
        run("--logits", values, "binary-cross-entropy-with-logits --json").json().get("metrics");
    assertThat(binary.propertyNames()).containsExactly("accuracy");
    assertThat(binary.get("accuracy").doubleValue()).isCloseTo(4 / 6.0, within(1e-15));
    assertThat(run("--predictions", values, "huber --json").json().get("metrics")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "--logits, huber, huber takes no --logits: the file is one of --predictions",
    "--predictions, huber --gamma=2, huber takes no --gamma",
    "--predictions, huber --delta=0, --delta is 0.0",
    "--predictions, huber --metrics=accuracy, the metric accuracy means nothing for the loss huber",
    "--predictions, huber --target-kind=classes, huber takes no targets of the --target-kind"
        + " classes",
    "--predictions, cosine-similarity --element-weights=w.npy, cosine-similarity takes no"
        + " --element-weights",
    "--logits, cross-entropy --element-weights=w.npy, cross-entropy takes no --element-weights",
    "--logits, cross-entropy --pos-weights=w.npy, cross-entropy takes no --pos-weights",
    "--logits, binary-cross-entropy, binary-cross-entropy takes no --logits"
  })
  void whatALossDoesNotTakeIsWrongUsage(String input, String words, String message) {
    CommandRun run = run(input, values, words);
    assertThat(run.exitCode()).as(run.out()).isEqualTo(2);
    assertThat(run.err().lines()).singleElement().asString().contains(message);
  }

  private static double meanOf(double[] input, DoubleBinaryOperator formula) {
    double sum = 0;
    for (int i = 0; i < input.length; i++) {
      sum += formula.applyAsDouble(input[i], Y[i]) / input.length;
    }
    return sum;
  }

  /** The mean over the rows of KL(softmax(of / T) ‖ softmax(from / T)). */
  private static double divergence(double[] of, double[] from, double temperature) {
    double sum = 0;
    for (int row = 0; row < 2; row++) {
      double ofSum = 0;
      double fromSum = 0;
      for (int i = 3 * row; i < 3 * row + 3; i++) {
        ofSum += Math.exp(of[i] / temperature);
        fromSum += Math.exp(from[i] / temperature);
      }
      for (int i = 3 * row; i < 3 * row + 3; i++) {
        double q = Math.exp(of[i] / temperature) / ofSum;
        sum += q * (Math.log(q) - from[i] / temperature + Math.log(fromSum)) / 2;
      }
    }
    return sum;
  }

  private double loss(String input, Path file, String words) {
    CommandRun run = run(input, file, words + " --quiet");
    assertThat(run.exitCode()).as(run.err()).isZero();
    return Double.parseDouble(run.out());
  }

  /** Runs the loss that is the first of the words with the options that are the others. */
  private CommandRun run(String input, Path file, String words) {
    List<Object> arguments =
        new ArrayList<>(List.of("evaluate", "--backend=scalar", input, file, "--targets", targets));
    arguments.add("--loss");
    arguments.addAll(List.of(words.split(" ", -1)));
    return CommandRun.of(arguments.toArray());
  }
}
