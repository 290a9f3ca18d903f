package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LossSummaryTest {
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");
  private static final int ROWS = 60;
  private static final int CLASSES = 5;
  private static final Metric[] METRICS = {
    Metric.ACCURACY,
    Metric.topK(2),
    Metric.PERPLEXITY,
    Metric.ENTROPY,
    Metric.MRR,
    Metric.BRIER,
    Metric.ECE,
    Metric.PER_CLASS
  };

  private static final Loss LOSS =
      CrossEntropy.builder()
          .ignoreIndex(-100)
          .classWeights(0.3, 1.7, 0.1, 2.2, 0.9)
          .labelSmoothing(0.1)
          .zLoss(1e-3)
          .build();

  private final Matrix logits = Matrix.of(new double[ROWS * CLASSES], ROWS, CLASSES);
  private final Targets targets;

  LossSummaryTest() {
    Random random = new Random(10);
    int[] classes = new int[ROWS];
    double[] weights = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      classes[row] = random.nextInt(5) == 0 ? -100 : random.nextInt(CLASSES);
      weights[row] = random.nextDouble();
      for (int c = 0; c < CLASSES; c++) {
        logits.set(row, c, random.nextGaussian() * 5);
      }
    }
    this.targets = Targets.classes(classes).withSampleWeights(weights);
  }

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private LossSummary summary(Loss loss, int from, int to, Metric... metrics) {
    return ENGINE
        .evaluate(
            loss,
            logits.outerSlice(from, to),
            targets.slice(from, to),
            Outputs.lossOnly().withMetrics(metrics))
        .summary();
  }

  /** Every number a summary gives; two of them are equal only if all bits are. */
  private static List<Object> numbers(LossSummary summary) {
    Metrics metrics = summary.metrics();
    return List.of(
        summary.evaluated(),
        summary.classes(),
        summary.rows(),
        summary.counted(),
        summary.ignored(),
        summary.lossSum(),
        summary.weightSum(),
        summary.loss(),
        summary.loss(Reduction.SUM),
        summary.loss(Reduction.BATCH_MEAN),
        metrics.accuracy(),
        metrics.topK(2),
        metrics.perplexity(),
        metrics.entropy(),
        metrics.meanReciprocalRank(),
        metrics.brier(),
        metrics.expectedCalibrationError(),
        metrics.reliability(),
        metrics.perClass());
  }

  private static LossSummary copyThroughBytes(LossSummary summary) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(summary);
      }
      try (ObjectInputStream in =
          new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
        return (LossSummary) in.readObject();
      }
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shardsMergeToTheBitsOfTheWholeInAnySplitAndOrder() {
    List<Object> whole = numbers(summary(LOSS, 0, ROWS, METRICS));
    Random random = new Random(11);
    for (int i = 0; i < 30; i++) {
      List<LossSummary> shards = new ArrayList<>();
      int from = 0;
      while (from < ROWS) {
        int to = Math.min(ROWS, from + random.nextInt(20));
        shards.add(summary(LOSS, from, to, METRICS));
        from = to;
      }
      Collections.shuffle(shards, random);
      LossSummary merged = shards.stream().reduce(LossSummary::merge).orElseThrow();
      assertThat(numbers(merged)).isEqualTo(whole);
    }
  }

  @Test
  void mergingLeavesItsPartsAsTheyWere() {
    LossSummary left = summary(LOSS, 0, 20, METRICS);
    LossSummary right = summary(LOSS, 20, ROWS, METRICS);
    List<Object> leftNumbers = numbers(left);
    List<Object> rightNumbers = numbers(right);
    left.merge(right);
    assertThat(numbers(left)).isEqualTo(leftNumbers);
    assertThat(numbers(right)).isEqualTo(rightNumbers);
    assertThat(numbers(left.merge(left)).get(2)).isEqualTo(40L);
  }

  @Test
  void summariesAndTheirMergesSerialise() {
    LossSummary left = summary(LOSS, 0, 20, METRICS);
    LossSummary right = summary(LOSS, 20, ROWS, METRICS);
    assertThat(numbers(copyThroughBytes(left))).isEqualTo(numbers(left));
    LossSummary merged = copyThroughBytes(copyThroughBytes(left).merge(copyThroughBytes(right)));
    assertThat(numbers(merged)).isEqualTo(numbers(summary(LOSS, 0, ROWS, METRICS)));
  }

  @Test
  void onlySummariesOfTheSameMerge() {
    LossSummary summary = summary(LOSS, 0, 9, Metric.ACCURACY);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> summary.merge(summary(LOSS.withReduction(Reduction.SUM), 0, 9, Metric.ACCURACY)))
        .withMessageStartingWith("summaries of different losses or class counts do not merge: ");
    Loss plain = CrossEntropy.builder().build();
    LossSummary five =
        ENGINE.evaluate(plain, Matrix.of(new float[5], 1, 5), Targets.classes(0)).summary();
    LossSummary four =
        ENGINE.evaluate(plain, Matrix.of(new float[4], 1, 4), Targets.classes(0)).summary();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> five.merge(four))
        .withMessageContaining("over 5 classes")
        .withMessageEndingWith("over 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> summary.merge(summary(LOSS, 0, 9)))
        .withMessage("summaries with and without metrics do not merge");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> summary.merge(summary(LOSS, 0, 9, Metric.MRR)))
        .withMessageStartingWith("summaries with different metrics do not merge: ");
  }

  @Test
  void dividesAtTheEndAsTheReductionSays() {
    LossSummary summary = summary(LOSS, 0, ROWS);
    assertThat(summary.loss()).isEqualTo(summary.lossSum() / summary.weightSum());
    assertThat(summary.loss(Reduction.SUM)).isEqualTo(summary.lossSum());
    assertThat(summary.loss(Reduction.BATCH_MEAN)).isEqualTo(summary.lossSum() / ROWS);
    LossSummary longer = summary.withOuter(2 * ROWS);
    assertThat(longer.loss(Reduction.BATCH_MEAN)).isEqualTo(summary.lossSum() / (2 * ROWS));
    assertThat(longer.loss()).isEqualTo(summary.loss());
    assertThat(longer.merge(summary).loss(Reduction.BATCH_MEAN))
        .isEqualTo(2 * summary.lossSum() / (3 * ROWS));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> summary.withOuter(-1))
        .withMessage("outer is -1, must not be negative");
    assertThat(summary.loss(Reduction.sumOver(7))).isEqualTo(summary.lossSum() / 7);
    assertThat(summary.counted() + summary.ignored()).isEqualTo(ROWS);
    assertThat(summary.ignored()).isPositive();
    assertThatIllegalStateException()
        .isThrownBy(() -> summary.loss(Reduction.NONE))
        .withMessage("the reduction is NONE: there is one loss a row, see rowLosses()");
    assertThatIllegalStateException()
        .isThrownBy(() -> summary(LOSS.withReduction(Reduction.NONE), 0, 9).loss());
  }

  @Test
  void theMeanOfNothingIsWhatTheLossSays() {
    CrossEntropy nan = CrossEntropy.builder().ignoreIndex(-1).build();
    CrossEntropy zero = CrossEntropy.builder().ignoreIndex(-1).emptyMean(EmptyMean.ZERO).build();
    Matrix one = Matrix.of(new float[3], 1, 3);
    Targets ignored = Targets.classes(-1);
    assertThat(ENGINE.evaluate(nan, one, ignored).loss()).isNaN();
    assertThat(ENGINE.evaluate(zero, one, ignored).loss()).isZero();
    assertThat(ENGINE.evaluate(nan.withReduction(Reduction.SUM), one, ignored).loss()).isZero();
    assertThat(ENGINE.evaluate(nan.withReduction(Reduction.BATCH_MEAN), one, ignored).loss())
        .isZero();
    Matrix none = Matrix.of(new float[0], 0, 3);
    Targets noTargets = Targets.classes(new int[0]);
    assertThat(ENGINE.evaluate(nan, none, noTargets).loss()).isNaN();
    assertThat(ENGINE.evaluate(zero, none, noTargets).loss()).isZero();
    LossSummary merged =
        ENGINE
            .evaluate(zero, none, noTargets)
            .summary()
            .merge(ENGINE.evaluate(zero, one, Targets.classes(0)).summary());
    assertThat(merged.loss()).isEqualTo(Math.log(3), within(1e-15));
  }

  @Test
  void aWeightSumOfZeroOverCountedRowsIsNotAnEmptyMean() {
    CrossEntropy zero = CrossEntropy.builder().emptyMean(EmptyMean.ZERO).build();
    Targets weightless = Targets.classes(0).withSampleWeights(0.0);
    assertThat(ENGINE.evaluate(zero, Matrix.of(new float[3], 1, 3), weightless).loss()).isNaN();
  }
}
