package dev.batchloss.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.ArrayFiles;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.io.NumericFile;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.TargetKind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What files give is what the same numbers give in memory, to the bit, however they are cut. */
class FileEvaluationTest {
  private static final List<Metric> METRICS =
      List.of(
          Metric.ACCURACY,
          Metric.topK(2),
          Metric.PERPLEXITY,
          Metric.ENTROPY,
          Metric.MRR,
          Metric.BRIER,
          Metric.ECE);
  private static final long IGNORED = -100;
  private static final CrossEntropy FULL =
      CrossEntropy.builder()
          .ignoreIndex(IGNORED)
          .labelSmoothing(0.1)
          .zLoss(0.01)
          .softcap(20)
          .classWeights(0.5, 1, 2, 1.5, 0.25)
          .build();

  @TempDir Path temp;

  private final Random random = new Random(7);
  private BatchLoss engine = BatchLoss.open("scalar");

  @AfterEach
  void close() {
    engine.close();
  }

  @ParameterizedTest
  @CsvSource({
    "scalar, 23 5, 1",
    "cpu, 23 5, 1",
    "scalar, 3 5 7, 1",
    "cpu, 3 5 7, 1",
    "cpu, 5 23, 0",
    "cpu, 2 5 3 4, 1",
    "cpu, 1 5 3 40, 1",
    "cpu, 4 6 5, 2"
  })
  void givesTheBitsOfTheApiHoweverTheRowsAreCut(String backend, String lengths, int axis)
      throws IOException {
    open(backend);
    long[] shape = shape(lengths);
    int classes = (int) shape[axis];
    long outer = product(shape, 0, axis);
    long inner = product(shape, axis + 1, shape.length);
    float[] logits = gaussians((int) product(shape, 0, shape.length));
    long[] labels = labels((int) (outer * inner), classes);
    double[] weights = random.doubles(labels.length, 0, 2).toArray();
    float[] gradient = new float[logits.length];
    LossResult expected =
        engine.evaluate(
            FULL,
            Matrix.of(logits, outer, classes, inner),
            Targets.classes(labels).withSampleWeights(weights),
            Outputs.gradientInto(Matrix.of(gradient, outer, classes, inner))
                .withRowLosses()
                .withMetrics(METRICS));
    long[] rowShape = without(shape, axis);
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .input(ArrayFiles.floats(file("x"), shape, logits).toString())
            .targets(ArrayFiles.longs(file("t"), rowShape, labels).toString())
            .sampleWeights(ArrayFiles.doubles(file("w"), rowShape, weights).toString())
            .classAxis(axis)
            .loss(FULL)
            .metrics(METRICS)
            .rowLossesTo(file("rows"))
            .gradientTo(file("gradient"));

    for (long blockRows : new long[] {1, 2, 7, labels.length, 10_000}) {
      FileEvaluationResult result = evaluation.blockRows(blockRows).build().run(engine);
      assertThat(result.loss()).isEqualTo(expected.loss());
      assertThat(result.summary().weightSum()).isEqualTo(expected.summary().weightSum());
      assertThat(result.summary().ignored()).isEqualTo(expected.summary().ignored());
      assertThat(result.summary().metrics())
          .usingRecursiveComparison()
          .withComparatorForType(Double::compare, Double.class)
          .isEqualTo(expected.metrics());
      assertThat(ArrayFiles.read(file("rows"))).isEqualTo(expected.rowLosses());
      assertThat(ArrayFiles.read(file("gradient"))).isEqualTo(toDoubles(gradient));
    }
    try (NumericFile rows = NumericFile.open(file("rows").toString());
        NumericFile written = NumericFile.open(file("gradient").toString())) {
      assertThat(rows.header().description()).isEqualTo(description(rowShape, "float64"));
      assertThat(written.header().description()).isEqualTo(description(shape, "float32"));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 100})
  void probabilityTargetsAreCutAlike(long blockRows) throws IOException {
    float[] logits = gaussians(12 * 4);
    float[] soft = new float[12 * 4];
    for (int i = 0; i < soft.length; i++) {
      soft[i] = 0.25f;
    }
    float[] weights = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    float[] gradient = new float[logits.length];
    CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.2).build();
    LossResult expected =
        engine.evaluate(
            loss,
            Matrix.of(logits, 12, 4),
            Targets.probabilities(Matrix.of(soft, 12, 4)).withSampleWeights(weights),
            Outputs.gradientInto(Matrix.of(gradient, 12, 4)).withRowLosses());
    long[] shape = {12, 4};
    FileEvaluationResult result =
        FileEvaluation.builder()
            .input(ArrayFiles.floats(file("x"), shape, logits).toString())
            .targets(ArrayFiles.floats(file("q"), shape, soft).toString())
            .sampleWeights(ArrayFiles.floats(file("w"), new long[] {12}, weights).toString())
            .loss(loss)
            .rowLossesTo(file("rows"))
            .gradientTo(file("gradient"))
            .blockRows(blockRows)
            .build()
            .run(engine);
    assertThat(result.targetKind()).isEqualTo(TargetKind.PROBABILITIES);
    assertThat(result.summary().weightSum()).isEqualTo(78);
    assertThat(result.loss()).isEqualTo(expected.loss());
    assertThat(ArrayFiles.read(file("rows"))).hasSize(12).isEqualTo(expected.rowLosses());
    assertThat(ArrayFiles.read(file("gradient"))).isEqualTo(toDoubles(gradient));
  }

  @Test
  void sumsAndDividesAsAsked() throws IOException {
    FileEvaluation.Builder small = small();
    double sum = 0;
    for (int r = 0; r < 3; r++) {
      sum += smallRowLoss(r);
    }
    CrossEntropy.Builder loss = CrossEntropy.builder();
    assertThat(run(small.loss(loss.build())).loss()).isCloseTo(sum / 3, within(1e-6));
    assertThat(run(small.loss(loss.reduction(Reduction.SUM).build())).loss())
        .isCloseTo(sum, within(1e-6));
    assertThat(run(small.loss(loss.reduction(Reduction.sumOver(7)).build())).loss())
        .isCloseTo(sum / 7, within(1e-6));
  }

  @Test
  void summariesOfTwoFilesMergeToThatOfBoth() throws IOException {
    LossResult both =
        engine.evaluate(
            CrossEntropy.builder().build(),
            Matrix.copyOf(new float[][] {{1, 2}, {3, 5}, {8, 13}}),
            Targets.classes(0, 1, 0));
    FileEvaluationResult first = pair("a", new float[] {1, 2, 3, 5}, 0, 1);
    FileEvaluationResult second = pair("b", new float[] {8, 13}, 0);
    assertThat(first.summary().merge(second.summary()).loss()).isEqualTo(both.loss());
  }

  @ParameterizedTest
  @ValueSource(strings = {"f8", "f4", "i1", "u1", "u2", "i4", "b1"})
  void takesClassesOfEveryType(String type) throws IOException {
    long[] n = {3};
    Path labels =
        switch (type) {
          case "f8" -> ArrayFiles.doubles(file("other"), n, 1, 0, 1);
          case "f4" -> ArrayFiles.floats(file("other"), n, 1, 0, 1);
          case "u2" -> ArrayFiles.shorts(file("other"), type, n, (short) 1, (short) 0, (short) 1);
          case "i4" -> ArrayFiles.ints(file("other"), n, 1, 0, 1);
          default -> ArrayFiles.bytes(file("other"), type, n, (byte) 1, (byte) 0, (byte) 1);
        };
    FileEvaluationResult result = run(small().targets(labels.toString()));
    assertThat(result.targetKind()).isEqualTo(TargetKind.CLASSES);
    assertThat(result.loss())
        .isCloseTo((smallRowLoss(0) + smallRowLoss(1) + smallRowLoss(2)) / 3, within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"b1", "u1", "i4", "f8"})
  void takesOneHotProbabilitiesOfEveryType(String type) throws IOException {
    long[] shape = {3, 2};
    Path oneHot =
        switch (type) {
          case "i4" -> ArrayFiles.ints(file("q"), shape, 0, 1, 1, 0, 0, 1);
          case "f8" -> ArrayFiles.doubles(file("q"), shape, 0, 1, 1, 0, 0, 1);
          default -> ArrayFiles.bytes(file("q"), type, shape, new byte[] {0, 1, 1, 0, 0, 1});
        };
    FileEvaluationResult result = run(small().targets(oneHot.toString()).blockRows(2));
    assertThat(result.targetKind()).isEqualTo(TargetKind.PROBABILITIES);
    assertThat(result.loss())
        .isCloseTo((smallRowLoss(0) + smallRowLoss(1) + smallRowLoss(2)) / 3, within(1e-6));
  }

  @Test
  void aClassAxisOfOneInTheTargetsIsKeptInTheRowLosses() throws IOException {
    Path labels = ArrayFiles.longs(file("other"), new long[] {3, 1}, 1, 0, 1);
    run(small().targets(labels.toString()).rowLossesTo(file("rows")));
    try (NumericFile rows = NumericFile.open(file("rows").toString())) {
      assertThat(rows.shape()).containsExactly(3L, 1L);
    }
    assertThat(ArrayFiles.read(file("rows"))[2]).isCloseTo(smallRowLoss(2), within(1e-6));
  }

  @Test
  void classesBeforeOtherAxesMayBeKeptOrMovedToTheEndInTheTargets() throws IOException {
    float[] logits = gaussians(2 * 3 * 4);
    long[] labels = labels(8, 3);
    Path input = ArrayFiles.floats(file("x"), new long[] {2, 3, 4}, logits);
    List<Double> losses = new ArrayList<>();
    for (long[] shape : new long[][] {{2, 4}, {2, 1, 4}, {2, 4, 1}}) {
      losses.add(
          run(FileEvaluation.builder()
                  .input(input.toString())
                  .classAxis(-2)
                  .loss(CrossEntropy.builder().ignoreIndex(IGNORED).build())
                  .targets(ArrayFiles.longs(file("t"), shape, labels).toString())
                  .blockRows(3))
              .loss());
    }
    assertThat(losses).doesNotContain(Double.NaN).containsOnly(losses.getFirst());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 100})
  void fortranOrderIsTheSameMatrix(long blockRows) throws IOException {
    float[] logits = gaussians(9 * 4);
    long[] labels = {0, 1, 2, 3, 0, 1, 2, 3, 0};
    Path targets = ArrayFiles.longs(file("t"), new long[] {9}, labels);
    Path rowMajor = ArrayFiles.floats(file("c"), new long[] {9, 4}, logits);
    Path columnMajor = ArrayFiles.fortranFloats(file("f"), 9, 4, logits);
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder().targets(targets.toString()).blockRows(blockRows);
    double expected = run(evaluation.input(rowMajor.toString()).gradientTo(file("gc"))).loss();
    double found = run(evaluation.input(columnMajor.toString()).gradientTo(file("gf"))).loss();
    assertThat(found).isEqualTo(expected);
    assertThat(ArrayFiles.read(file("gf"))).isEqualTo(ArrayFiles.read(file("gc")));
  }

  @Test
  void readsMembersOfAnArchive() throws IOException {
    double expected = run(small()).loss();
    Path archive = ArrayFiles.npz(temp.resolve("both.npz"), "x", file("x"), "t", file("t"));
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder().input(archive + ":x").targets(archive + ":t.npy");
    assertThat(run(evaluation).loss()).isEqualTo(expected);
  }

  @Test
  void readsUint16AsBfloat16AndWritesTheGradientAlike() throws IOException {
    short[] bits = new short[6];
    float[] values = {1, 2, 3, 5, 8, 13};
    for (int i = 0; i < bits.length; i++) {
      bits[i] = ElementType.floatToBfloat16(values[i]);
    }
    short[] gradient = new short[6];
    LossResult expected =
        engine.evaluate(
            CrossEntropy.builder().build(),
            Matrix.of(bits, ElementType.BFLOAT16, 3, 2),
            Targets.classes(1, 0, 1),
            Outputs.gradientInto(Matrix.of(gradient, ElementType.BFLOAT16, 3, 2)));
    Path input = ArrayFiles.shorts(file("b"), "u2", new long[] {3, 2}, bits);
    FileEvaluationResult result =
        run(small().input(input.toString()).uint16AsBfloat16().gradientTo(file("gradient")));
    assertThat(result.loss()).isEqualTo(expected.loss());
    try (NumericFile written = NumericFile.open(file("gradient").toString())) {
      assertThat(written.type().label()).isEqualTo("uint16");
      short[] found = new short[6];
      written.read(new long[2], new long[] {3, 2}, MemorySegment.ofArray(found));
      assertThat(found).isEqualTo(gradient);
    }
  }

  @Test
  void classWeightsComeFromAFileOfAnyNumericType() throws IOException {
    Path weights = ArrayFiles.ints(file("cw"), new long[] {2}, 3, 1);
    FileEvaluationResult result = run(small().classWeights(weights.toString()));
    double expected = (smallRowLoss(0) + 3 * smallRowLoss(1) + smallRowLoss(2)) / 5;
    assertThat(result.loss()).isCloseTo(expected, within(1e-6));
    assertThat(result.summary().weightSum()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({"10, 290000", "290000, 299999"})
  void badTargetsAreCountedAmongAllRows(int first, int second) throws IOException {
    int n = 300_000;
    long[] labels = new long[n];
    labels[first] = 2;
    labels[second] = 3;
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .input(ArrayFiles.floats(file("x"), new long[] {n, 2}, new float[2 * n]).toString())
            .targets(ArrayFiles.longs(file("t"), new long[] {n}, labels).toString());
    assertThatThrownBy(() -> run(evaluation))
        .isInstanceOfSatisfying(
            InvalidTargetException.class,
            e -> {
              assertThat(e.row()).isEqualTo(first);
              assertThat(e.value()).isEqualTo(2);
              assertThat(e.count()).isEqualTo(2);
            });
  }

  @Test
  void noRowsAreAMeanOverNothing() throws IOException {
    FileEvaluation.Builder evaluation =
        FileEvaluation.builder()
            .input(ArrayFiles.floats(file("x"), new long[] {0, 3}).toString())
            .targets(ArrayFiles.longs(file("t"), new long[] {0}).toString())
            .metrics(METRICS)
            .rowLossesTo(file("rows"))
            .gradientTo(file("gradient"));
    FileEvaluationResult result = run(evaluation);
    assertThat(result.loss()).isNaN();
    assertThat(result.summary().rows()).isZero();
    assertThat(result.summary().metrics().accuracy()).isNaN();
    assertThat(result.warnings()).singleElement().asString().contains("no rows");
    assertThat(ArrayFiles.read(file("gradient"))).isEmpty();
    assertThat(ArrayFiles.read(file("rows"))).isEmpty();
    CrossEntropy zero = CrossEntropy.builder().emptyMean(EmptyMean.ZERO).build();
    assertThat(run(evaluation.loss(zero)).loss()).isZero();
  }

  @Test
  void allIgnoredIsAMeanOverNothingWithAWarning() throws IOException {
    Path labels = ArrayFiles.longs(file("other"), new long[] {3}, -1, -1, -1);
    FileEvaluationResult result =
        run(
            small()
                .targets(labels.toString())
                .loss(CrossEntropy.builder().ignoreIndex(-1).build())
                .gradientTo(file("gradient")));
    assertThat(result.loss()).isNaN();
    assertThat(result.warnings()).singleElement().asString().contains("-1", "no row is counted");
    assertThat(ArrayFiles.read(file("gradient"))).containsOnly(0);
  }

  @Test
  void warnsOfLogitsThatLookLikeProbabilities() throws IOException {
    Path input = ArrayFiles.floats(file("p"), new long[] {3, 2}, .5f, .5f, 1, 0, .9004f, .1f);
    FileEvaluation.Builder evaluation = small().input(input.toString()).blockRows(1);
    assertThat(run(evaluation).warnings())
        .singleElement()
        .asString()
        .contains(input.toString(), "look like probabilities");
    CrossEntropy onProbabilities = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    assertThat(run(evaluation.loss(onProbabilities)).warnings()).isEmpty();
    ArrayFiles.floats(file("p"), new long[] {3, 2}, .5f, .5f, 1, 0, .9f, .2f);
    assertThat(run(evaluation.loss(CrossEntropy.builder().build())).warnings()).isEmpty();
  }

  @Test
  void tellsOfItsProgress() throws IOException {
    List<String> told = new ArrayList<>();
    run(small().blockRows(2).progress((done, rows) -> told.add(done + "/" + rows)));
    assertThat(told).containsExactly("2/3", "3/3");
  }

  private void open(String backend) {
    engine.close();
    engine = BatchLoss.open(backend);
  }

  private FileEvaluationResult run(FileEvaluation.Builder evaluation) throws IOException {
    return evaluation.build().run(engine);
  }

  /** Three rows of two logits. */
  private FileEvaluation.Builder small() throws IOException {
    return FileEvaluation.builder()
        .input(ArrayFiles.floats(file("x"), new long[] {3, 2}, 1, 2, 3, 5, 8, 13).toString())
        .targets(ArrayFiles.longs(file("t"), new long[] {3}, 1, 0, 1).toString());
  }

  private static double smallRowLoss(int row) {
    double[][] logits = {{1, 2}, {3, 5}, {8, 13}};
    int[] target = {1, 0, 1};
    double sum = Math.exp(logits[row][0]) + Math.exp(logits[row][1]);
    return Math.log(sum) - logits[row][target[row]];
  }

  private FileEvaluationResult pair(String name, float[] logits, long... labels)
      throws IOException {
    long n = labels.length;
    Path input = ArrayFiles.floats(file(name + "x"), new long[] {n, 2}, logits);
    Path targets = ArrayFiles.longs(file(name + "t"), new long[] {n}, labels);
    return run(FileEvaluation.builder().input(input.toString()).targets(targets.toString()));
  }

  private Path file(String name) {
    return temp.resolve(name + ".npy");
  }

  private float[] gaussians(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 4 * (float) random.nextGaussian();
    }
    return values;
  }

  private long[] labels(int count, int classes) {
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 4 == 3 ? IGNORED : random.nextInt(classes);
    }
    return labels;
  }

  private static double[] toDoubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  private static long[] shape(String lengths) {
    return List.of(lengths.split(" ", -1)).stream().mapToLong(Long::parseLong).toArray();
  }

  private static long[] without(long[] shape, int axis) {
    long[] rest = new long[shape.length - 1];
    System.arraycopy(shape, 0, rest, 0, axis);
    System.arraycopy(shape, axis + 1, rest, axis, rest.length - axis);
    return rest;
  }

  private static long product(long[] shape, int from, int to) {
    long product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= shape[axis];
    }
    return product;
  }

  private static String description(long[] shape, String type) {
    List<String> lengths = new ArrayList<>();
    for (long length : shape) {
      lengths.add(Long.toString(length));
    }
    return String.join("×", lengths) + " " + type;
  }
}
