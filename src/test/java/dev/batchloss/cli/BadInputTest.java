package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input ends with a message that names file, row and value, and leaves no output behind. */
class BadInputTest {
  private static final long[] ROWS = {3};
  private static final long[] MATRIX = {3, 2};

  @TempDir Path temp;

  private Path logits;
  private Path labels;

  @BeforeEach
  void writeSoundFiles() throws IOException {
    logits = ArrayFiles.floats(temp.resolve("x.npy"), MATRIX, 1, 2, 3, 5, 8, 13);
    labels = ArrayFiles.longs(temp.resolve("t.npy"), ROWS, 1, 0, 1);
  }

  @Test
  void targetsOutOfRangeAreToldWithRowValueAndNumber() throws IOException {
    Path targets = ArrayFiles.longs(file("b"), ROWS, 1, 2, 7);
    assertRefused(
        3, evaluate(logits, targets), "b.npy: target of row 1 is 2, must be in 0..1 (and 1 other)");
    assertRefused(
        3, evaluate(logits, targets, "--chunk-rows=1"), "target of row 1 is 2, must be in 0..1");
  }

  @Test
  void theErrorForATargetOfMinusHundredSuggestsIgnoringIt() throws IOException {
    Path targets = ArrayFiles.longs(file("b"), ROWS, 1, -100, -100);
    assertRefused(3, evaluate(logits, targets), "target of row 1 is -100", "--ignore-index -100");
    assertRefused(3, evaluate(logits, targets, "--ignore-index=-1"), "target of row 1 is -100");
    assertThat(evaluate(logits, targets, "--ignore-index", "-100").exitCode()).isZero();
  }

  @Test
  void floatTargetsMustBeIntegral() throws IOException {
    assertRefused(
        3,
        evaluate(logits, ArrayFiles.floats(file("b"), ROWS, 1, 0, .5f)),
        "b.npy: target of row 2 is 0.5",
        "0..1");
    assertRefused(
        3,
        evaluate(logits, ArrayFiles.doubles(file("b"), ROWS, Double.NaN, 0, 1)),
        "target of row 0 is NaN");
    assertRefused(
        3, evaluate(logits, ArrayFiles.doubles(file("b"), ROWS, 0, 1e300, 1)), "row 1 is 1.0E300");
    assertRefused(
        3, evaluate(logits, ArrayFiles.doubles(file("b"), ROWS, 0, 2, 1)), "target of row 1 is 2,");
  }

  @Test
  void unsignedTargetsBeyond63BitsAreToldInFull() throws IOException {
    byte[] rows = new byte[3 * Long.BYTES];
    Arrays.fill(rows, Long.BYTES, 2 * Long.BYTES, (byte) 0xff);
    Path targets = Files.write(file("b"), ArrayFiles.npy("<u8", "False", ROWS, rows));
    assertRefused(
        3,
        evaluate(logits, targets),
        "b.npy: target of row 1 is 18446744073709551615, must be an integer in 0..1");
  }

  @Test
  void shapesMustFitAndBothFilesAreNamed() throws IOException {
    for (long[] shape : new long[][] {{4}, {2}, {2, 3}, {3, 3}, {1, 3}, {3, 1, 1}, {}}) {
      int rows = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      Path targets = ArrayFiles.longs(file("b"), shape, new long[rows]);
      assertRefused(
          3,
          evaluate(logits, targets),
          "b.npy: has shape",
          "x.npy of shape 3×2",
          "3 (classes)",
          "3×2");
    }
  }

  @Test
  void aShapeWithTwoReadingsIsRefusedWithBoth() throws IOException {
    Path single = ArrayFiles.floats(file("one"), new long[] {2, 1}, 1, 2);
    Path targets = ArrayFiles.longs(file("b"), new long[] {2, 1}, 0, 0);
    assertRefused(3, evaluate(single, targets), "one class a row", "probability", "--target-kind");
  }

  @Test
  void aKindThatDoesNotFitTheShapeIsRefused() throws IOException {
    assertRefused(
        3, evaluate(logits, labels, "--target-kind=probabilities"), "expected 3×2 (probabilities)");
    Path oneHot = ArrayFiles.floats(file("q"), MATRIX, 0, 1, 1, 0, 0, 1);
    assertRefused(3, evaluate(logits, oneHot, "--target-kind=classes"), "expected 3 (classes)");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void weightsMustBeFinite(double bad) throws IOException {
    Path weights = ArrayFiles.doubles(file("w"), ROWS, 1, 1, bad);
    assertRefused(
        3,
        evaluate(logits, labels, "--sample-weights=" + weights),
        "w.npy: sample weight of row 2 is " + bad);
    Path oneHot = ArrayFiles.floats(file("q"), MATRIX, 0, 1, 1, 0, 0, 1);
    assertRefused(
        3,
        evaluate(logits, oneHot, "--sample-weights=" + weights),
        "sample weight of row 2 is " + bad);
    Path ofClasses = ArrayFiles.doubles(file("cw"), new long[] {2}, 1, bad);
    assertRefused(
        3,
        evaluate(logits, labels, "--class-weights=" + ofClasses),
        "cw.npy: weight of class 1 is " + bad);
  }

  @Test
  void aBadTargetIsToldBeforeABadWeightWhereverTheyAre() throws IOException {
    Path weights = ArrayFiles.doubles(file("w"), ROWS, Double.NaN, 1, 1);
    Path targets = ArrayFiles.longs(file("b"), ROWS, 0, 1, 9);
    assertRefused(
        3, evaluate(logits, targets, "--sample-weights=" + weights), "target of row 2 is 9");
  }

  @Test
  void weightsMustHaveTheirShapes() throws IOException {
    Path weights = ArrayFiles.doubles(file("w"), new long[] {2}, 1, 1);
    assertRefused(
        3,
        evaluate(logits, labels, "--sample-weights=" + weights),
        "w.npy: has shape 2, expected 3",
        "x.npy");
    Path ofClasses = ArrayFiles.doubles(file("w"), ROWS, 1, 1, 1);
    assertRefused(
        3,
        evaluate(logits, labels, "--class-weights=" + ofClasses),
        "expected 2 class weights",
        "x.npy of 3×2");
  }

  @Test
  void probabilitiesMustLieInZeroToOne() throws IOException {
    Path bad = ArrayFiles.floats(file("p"), MATRIX, .5f, .5f, 0, 1, 1.5f, -.5f);
    for (String rows : List.of("1", "2", "3")) {
      CommandRun run = probabilities(bad, labels, "--chunk-rows", rows);
      assertRefused(3, run, "p.npy: probability of row 2, class 0 is 1.5, must be in 0..1");
    }
    Path nan = ArrayFiles.floats(file("p"), MATRIX, .5f, Float.NaN, 0, 1, 1, 0);
    assertRefused(3, probabilities(nan, labels), "row 0, class 1 is NaN");
  }

  @Test
  void rowsOfProbabilitiesMustSumToOne() throws IOException {
    Path bad = ArrayFiles.floats(file("p"), MATRIX, .5f, .5005f, .5f, .502f, 1, 0);
    assertRefused(
        3,
        probabilities(bad, labels, "--chunk-rows=1"),
        "p.npy: probabilities of row 1 sum to 1.0");
    CommandRun ignoring = probabilities(bad, labels, "--ignore-index=0", "--quiet");
    assertThat(ignoring.exitCode()).as(ignoring.err()).isZero();
  }

  @Test
  void aProbabilityOfZeroGivesInfinity() throws IOException {
    Path zero = ArrayFiles.floats(file("p"), MATRIX, .5f, .5f, 0, 1, .25f, .75f);
    CommandRun run = probabilities(zero, labels, "--json");
    assertThat(run.json().get("loss").stringValue()).isEqualTo("Infinity");
  }

  @Test
  void targetProbabilitiesMustLieInZeroToOne() throws IOException {
    Path soft = ArrayFiles.floats(file("q"), MATRIX, 0, 1, 1, 0, 1, 1.25f);
    assertRefused(
        3,
        evaluate(logits, soft, "--chunk-rows=2"),
        "q.npy: target probability of row 2, class 1 is 1.25");
    Path counts = ArrayFiles.ints(file("q"), MATRIX, 0, 1, 1, 0, 0, 3);
    assertRefused(
        3, evaluate(logits, counts), "q.npy: target probability of row 2, class 1 is 3.0");
  }

  @Test
  void anIgnoredClassMeansNothingForProbabilityTargets() throws IOException {
    Path oneHot = ArrayFiles.floats(file("q"), MATRIX, 0, 1, 1, 0, 0, 1);
    assertRefused(2, evaluate(logits, oneHot, "--ignore-index=1"), "ignored class (1)", "q.npy");
  }

  @Test
  void anEmptyMatrixIsAMeanOverNothing() throws IOException {
    Path empty = ArrayFiles.floats(file("e"), new long[] {0, 2});
    Path none = ArrayFiles.longs(file("n"), new long[] {0});
    CommandRun run = evaluate(empty, none, "--json");
    assertThat(run.exitCode()).as(run.out()).isZero();
    assertThat(run.json().get("loss").stringValue()).isEqualTo("NaN");
    assertThat(run.json().at("/metrics/accuracy").stringValue()).isEqualTo("NaN");
    assertThat(run.json().at("/warnings/0").stringValue()).contains("e.npy: has no rows");
    assertThat(evaluate(empty, none, "--empty-mean=zero", "--quiet").out()).isEqualTo("0.0\n");
    assertThat(evaluate(empty, none, "--reduction=sum", "--quiet").out()).isEqualTo("0.0\n");
  }

  @Test
  void thereMustBeClasses() throws IOException {
    Path none = ArrayFiles.floats(file("z"), new long[] {3, 0});
    assertRefused(3, evaluate(none, labels), "z.npy: has 0 classes");
    Path nothing = ArrayFiles.floats(file("z"), new long[] {0, 0});
    assertRefused(3, evaluate(nothing, labels), "z.npy: has 0 classes");
  }

  @Test
  void predictionsHaveTwoAxesAtLeast() throws IOException {
    Path vector = ArrayFiles.floats(file("v"), new long[] {2}, 1, 2);
    Path one = ArrayFiles.longs(file("o"), new long[] {}, 1);
    assertRefused(3, evaluate(vector, one), "v.npy: is 2 float32, expected at least two axes");
    Path number = ArrayFiles.floats(file("s"), new long[] {}, 1);
    assertRefused(3, evaluate(number, one), "s.npy: is a single float32");
    CommandRun asOneRow = evaluate(vector, one, "--class-axis=0", "--quiet");
    assertThat(asOneRow.exitCode()).as(asOneRow.err()).isZero();
    assertThat(Double.parseDouble(asOneRow.out()))
        .isCloseTo(Math.log1p(Math.exp(-1)), within(2e-6));
  }

  @Test
  void predictionsAreFloatingPointNumbers() throws IOException {
    assertRefused(3, evaluate(labels, labels), "t.npy: has elements of type int64");
    Path bits = ArrayFiles.shorts(file("u"), "u2", MATRIX, new short[6]);
    assertRefused(3, evaluate(bits, labels), "u.npy", "uint16", "bfloat16");
    assertRefused(
        3,
        evaluate(logits, labels, "--bfloat16"),
        "x.npy: has elements of type float32, expected uint16");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 2), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), 'x': __import__('os')}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3, 2), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3, 2), }",
        "garbage"
      })
  void hostileHeadersAreRefused(String header) throws IOException {
    Path hostile = Files.write(file("h"), ArrayFiles.withHeader(header, new byte[24]));
    assertRefused(3, evaluate(hostile, labels), "h.npy: ");
    assertRefused(3, evaluate(logits, hostile), "h.npy: ");
    CommandRun inspection = CommandRun.of("inspect", hostile);
    assertThat(inspection.exitCode()).isEqualTo(3);
    assertThat(inspection.err()).contains("h.npy: ");
  }

  @Test
  void filesThatAreTooShortTooLongOrSomethingElseAreRefused() throws IOException {
    byte[] sound = Files.readAllBytes(logits);
    for (byte[] bytes :
        new byte[][] {
          Arrays.copyOf(sound, sound.length - 1),
          Arrays.copyOf(sound, sound.length + 1),
          Arrays.copyOf(sound, 20),
          {},
          "rows,classes\n".getBytes(StandardCharsets.US_ASCII)
        }) {
      Files.write(file("b"), bytes);
      assertRefused(3, evaluate(file("b"), labels), "b.npy: ");
    }
  }

  @Test
  void archivesThatLieAreRefused() throws IOException {
    byte[] claimsMuch =
        ArrayFiles.npy("<f4", "False", new long[] {1_000_000_000, 2}, new byte[1000]);
    Path member = Files.write(file("huge"), claimsMuch);
    Path archive = ArrayFiles.npz(temp.resolve("a.npz"), "x", member, "t", labels);
    assertRefused(3, CommandRun.of(command(archive + ":x", labels)), "a.npz:x.npy: ");
    assertRefused(3, CommandRun.of(command(archive, labels)), "a.npz", "'x.npy'", "'t.npy'");
    assertRefused(3, CommandRun.of(command(archive + ":y", labels)), "has no member");
    Path torn = Files.write(file("torn"), Arrays.copyOf(Files.readAllBytes(archive), 300));
    assertRefused(3, CommandRun.of(command(torn + ":x", labels)), "torn.npy");
  }

  @Test
  void missingFilesEndWithOne() {
    assertRefused(1, evaluate(temp.resolve("no.npy"), labels), "no.npy: there is no such file");
    assertRefused(1, evaluate(logits, temp.resolve("no.npy")), "no.npy: there is no such file");
    assertRefused(1, evaluate(temp, labels), "is not a regular file");
    assertThat(CommandRun.of("inspect", temp.resolve("no.npy")).exitCode()).isEqualTo(1);
  }

  private CommandRun evaluate(Path input, Path targets, String... more) {
    return CommandRun.of(command(input, targets, more));
  }

  private CommandRun probabilities(Path input, Path targets, String... more) {
    Object[] command = command(input, targets, more);
    command[1] = "--probabilities";
    return CommandRun.of(command);
  }

  private Object[] command(Object input, Object targets, String... more) {
    List<Object> words =
        new ArrayList<>(List.of("evaluate", "--logits", input, "--targets", targets));
    words.addAll(List.of("--per-row", temp.resolve("rows.npy")));
    words.addAll(List.of("--gradient", temp.resolve("gradient.npy")));
    words.addAll(List.of(more));
    return words.toArray();
  }

  private void assertRefused(int exitCode, CommandRun run, String... message) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).singleElement().asString().contains(message);
    assertThat(temp.resolve("rows.npy")).doesNotExist();
    assertThat(temp.resolve("gradient.npy")).doesNotExist();
    assertThat(temp.toFile().list()).noneMatch(name -> name.endsWith(".part"));
  }

  private Path file(String name) {
    return temp.resolve(name + ".npy");
  }
}
