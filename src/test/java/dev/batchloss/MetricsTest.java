package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Small examples computed by hand: probabilities are powers of two, so their logarithms are too.
 */
class MetricsTest {
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");
  private static final double LN2 = Math.log(2);
  private static final Offset<Double> EPSILON = within(1e-14);

  private static final Metric[] ALL = {
    Metric.ACCURACY,
    Metric.topK(1),
    Metric.topK(2),
    Metric.topK(3),
    Metric.topK(10),
    Metric.PERPLEXITY,
    Metric.ENTROPY,
    Metric.MRR,
    Metric.BRIER,
    Metric.ECE,
    Metric.PER_CLASS
  };

  /** The logits of probabilities 1/2, 1/4, 1/8, 1/8, moved by a constant. */
  private static final double[] PEAKED = {3 * LN2 + 5, 2 * LN2 + 5, LN2 + 5, LN2 + 5};

  private static final double[] EVEN = {-1, -1, -1, -1};

  private static final Matrix LOGITS =
      Matrix.copyOf(new double[][] {PEAKED, PEAKED, PEAKED, EVEN, EVEN, PEAKED});

  private static final Targets TARGETS =
      Targets.classes(0, 2, 3, 0, 1, -1).withSampleWeights(1.0, 2.0, 1.0, 1.0, 3.0, 50.0);

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static Metrics evaluate(CrossEntropy loss, Matrix logits, Targets targets) {
    return ENGINE.evaluate(loss, logits, targets, Outputs.lossOnly().withMetrics(ALL)).metrics();
  }

  private static CrossEntropy ignoringMinusOne() {
    return CrossEntropy.builder().ignoreIndex(-1).build();
  }

  private static void checkExample(Metrics metrics) {
    assertThat(metrics.accuracy()).isEqualTo(2 / 8.0);
    assertThat(metrics.topK(1)).isEqualTo(2 / 8.0);
    assertThat(metrics.topK(2)).isEqualTo(5 / 8.0);
    assertThat(metrics.topK(3)).isEqualTo(7 / 8.0);
    assertThat(metrics.topK(10)).isEqualTo(1);
    assertThat(metrics.meanReciprocalRank())
        .isCloseTo((1 + 2 / 3.0 + 1 / 4.0 + 1 + 3 / 2.0) / 8, EPSILON);
    assertThat(metrics.perplexity()).isCloseTo(Math.pow(2, 18 / 8.0), within(1e-13));
    assertThat(metrics.entropy()).isCloseTo((4 * 1.75 + 4 * 2) * LN2 / 8, EPSILON);
    assertThat(metrics.brier()).isCloseTo(6.625 / 8, EPSILON);
    assertThat(metrics.expectedCalibrationError()).isCloseTo(4 * 0.25 / 8, EPSILON);
  }

  @Test
  void anExampleByHand() {
    checkExample(evaluate(ignoringMinusOne(), LOGITS, TARGETS));
  }

  @Test
  void classWeightsSmoothingAndZLossDoNotReachMetrics() {
    CrossEntropy loss =
        CrossEntropy.builder()
            .ignoreIndex(-1)
            .classWeights(3, 1, 4, 1)
            .labelSmoothing(0.3)
            .zLoss(0.1)
            .build();
    checkExample(evaluate(loss, LOGITS, TARGETS));
  }

  @Test
  void reliabilityBinsOfTheExample() {
    List<Metrics.ReliabilityBin> bins = evaluate(ignoringMinusOne(), LOGITS, TARGETS).reliability();
    assertThat(bins).hasSize(15);
    for (int b = 0; b < 15; b++) {
      Metrics.ReliabilityBin bin = bins.get(b);
      assertThat(bin.low()).isEqualTo(b / 15.0);
      assertThat(bin.high()).isEqualTo((b + 1) / 15.0);
      if (b == 3) {
        assertThat(bin.count()).isEqualTo(2);
        assertThat(bin.confidence()).isCloseTo(0.25, EPSILON);
        assertThat(bin.accuracy()).isEqualTo(0.25);
      } else if (b == 7) {
        assertThat(bin.count()).isEqualTo(3);
        assertThat(bin.confidence()).isCloseTo(0.5, EPSILON);
        assertThat(bin.accuracy()).isEqualTo(0.25);
      } else {
        assertThat(bin.count()).isZero();
        assertThat(bin.confidence()).isNaN();
        assertThat(bin.accuracy()).isNaN();
      }
    }
  }

  @Test
  void classesOfTheExample() {
    List<Metrics.ClassMetrics> classes = evaluate(ignoringMinusOne(), LOGITS, TARGETS).perClass();
    assertThat(classes).extracting(Metrics.ClassMetrics::classIndex).containsExactly(0, 1, 2, 3);
    assertThat(classes).extracting(Metrics.ClassMetrics::count).containsExactly(2L, 1L, 1L, 1L);
    assertThat(classes)
        .extracting(Metrics.ClassMetrics::recall)
        .containsExactly(1.0, 0.0, 0.0, 0.0);
    double[] bits = {1.5, 2, 3, 3};
    for (int c = 0; c < 4; c++) {
      assertThat(classes.get(c).loss()).isCloseTo(bits[c] * LN2, EPSILON);
    }
    Metrics few = evaluate(ignoringMinusOne(), LOGITS.outerSlice(0, 1), Targets.classes(1));
    assertThat(few.perClass().get(0))
        .isEqualTo(new Metrics.ClassMetrics(0, 0, Double.NaN, Double.NaN));
  }

  @Test
  void withProbabilityTargetsTheClassIsTheirFirstGreatest() {
    Matrix q =
        Matrix.copyOf(
            new double[][] {
              {0.5, 0.5, 0, 0}, {0, 0.25, 0.25, 0.5}, {0, 0, 0.5, 0.5}, {1, 0, 0, 0}
            });
    Matrix logits = Matrix.copyOf(new double[][] {PEAKED, PEAKED, PEAKED, EVEN});
    Metrics metrics = evaluate(CrossEntropy.builder().build(), logits, Targets.probabilities(q));
    assertThat(metrics.accuracy()).isEqualTo(0.5);
    assertThat(metrics.topK(2)).isEqualTo(0.5);
    assertThat(metrics.topK(3)).isEqualTo(0.75);
    assertThat(metrics.meanReciprocalRank()).isCloseTo((1 + 0.25 + 1 / 3.0 + 1) / 4, EPSILON);
    double nll = (0.5 * 1 + 0.5 * 2) + (0.25 * 2 + 0.75 * 3) + 3 + 2;
    assertThat(metrics.perplexity()).isCloseTo(Math.pow(2, nll / 4), within(1e-13));
    double brier =
        (0 + 0.0625 + 2 / 64.0)
            + (0.25 + 0 + 1 / 64.0 + 9 / 64.0)
            + (0.25 + 0.0625 + 2 * 9 / 64.0)
            + (9 / 16.0 + 3 / 16.0);
    assertThat(metrics.brier()).isCloseTo(brier / 4, EPSILON);
    assertThat(metrics.perClass())
        .extracting(Metrics.ClassMetrics::count)
        .containsExactly(2L, 0L, 1L, 1L);
  }

  @Test
  void aRowWithANaNIsWrongAndMakesTheOthersNaN() {
    double nan = Double.NaN;
    for (double[] bad :
        new double[][] {
          {nan, 1, 2, 3},
          {9, 1, 2, nan},
          {Double.POSITIVE_INFINITY, 0, 0, 0},
          {
            Double.NEGATIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.NEGATIVE_INFINITY
          }
        }) {
      Matrix logits = Matrix.copyOf(new double[][] {PEAKED, bad});
      Metrics metrics = evaluate(CrossEntropy.builder().build(), logits, Targets.classes(0, 0));
      assertThat(metrics.accuracy()).isEqualTo(0.5);
      assertThat(metrics.topK(1)).isEqualTo(0.5);
      assertThat(metrics.topK(10)).isEqualTo(0.5);
      assertThat(metrics.meanReciprocalRank()).isEqualTo(0.5);
      assertThat(metrics.perplexity()).isNaN();
      assertThat(metrics.entropy()).isNaN();
      assertThat(metrics.brier()).isNaN();
      assertThat(metrics.expectedCalibrationError()).isNaN();
      assertThat(metrics.perClass().get(0).loss()).isNaN();
      assertThat(metrics.perClass().get(0).recall()).isEqualTo(0.5);
      assertThat(metrics.perClass().get(0).count()).isEqualTo(2);
    }
  }

  @Test
  void anImpossibleTargetHasInfinitePerplexityAndNothingElseBreaks() {
    Matrix logits = Matrix.copyOf(new double[][] {{0, Double.NEGATIVE_INFINITY, 0, 0}});
    Metrics metrics = evaluate(CrossEntropy.builder().build(), logits, Targets.classes(1));
    assertThat(metrics.perplexity()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(metrics.entropy()).isCloseTo(Math.log(3), EPSILON);
    assertThat(metrics.brier()).isCloseTo(1 + 3 / 9.0, EPSILON);
    assertThat(metrics.meanReciprocalRank()).isEqualTo(0.25);
  }

  @Test
  void overNothingEachIsNaN() {
    Metrics metrics = evaluate(ignoringMinusOne(), LOGITS.outerSlice(0, 1), Targets.classes(-1));
    assertThat(
            List.of(
                metrics.accuracy(),
                metrics.topK(1),
                metrics.perplexity(),
                metrics.entropy(),
                metrics.meanReciprocalRank(),
                metrics.brier(),
                metrics.expectedCalibrationError()))
        .containsOnly(Double.NaN);
  }

  @Test
  void calibrationBinsContainTheirUpperBound() {
    for (int edge = 1; edge <= 15; edge++) {
      double confidence = edge / 15.0;
      assertThat(binOf(confidence)).as("%d/15", edge).isEqualTo(edge - 1);
      assertThat(binOf(confidence - 1e-9)).as("below %d/15", edge).isEqualTo(edge - 1);
      assertThat(binOf(confidence + 1e-9)).as("above %d/15", edge).isEqualTo(Math.min(edge, 14));
    }
    assertThat(binOf(1e-300)).isZero();
  }

  /** The bin of a row whose top probability is exactly this. */
  private static int binOf(double confidence) {
    RowStatistics rows = new RowStatistics(1);
    rows.size = 1;
    rows.weight[0] = 1;
    rows.maximum[0] = logarithmOf(confidence);
    MetricSums sums = new MetricSums(Set.of(Metric.ECE), 3);
    sums.add(rows, TargetKind.CLASSES);
    List<Metrics.ReliabilityBin> bins = sums.metrics().reliability();
    for (int b = 0; b < bins.size(); b++) {
      if (bins.get(b).count() == 1) {
        return b;
      }
    }
    throw new AssertionError("no bin holds " + confidence);
  }

  /** A number whose exponential is exactly that, or just below where there is none. */
  private static double logarithmOf(double value) {
    double logarithm = Math.log(value);
    while (Math.exp(logarithm) > value) {
      logarithm = Math.nextDown(logarithm);
    }
    return logarithm;
  }

  @Test
  void whatWasNotAskedForIsRefused() {
    Metrics accuracyOnly =
        ENGINE
            .evaluate(
                ignoringMinusOne(),
                LOGITS,
                TARGETS,
                Outputs.lossOnly().withMetrics(Metric.ACCURACY, Metric.topK(2)))
            .metrics();
    assertThat(accuracyOnly.asked()).containsExactlyInAnyOrder(Metric.ACCURACY, Metric.topK(2));
    assertThat(accuracyOnly.asked()).isUnmodifiable();
    assertThat(accuracyOnly.topK(2)).isEqualTo(5 / 8.0);
    assertRefused(accuracyOnly, "top3", metrics -> metrics.topK(3));
    assertRefused(accuracyOnly, "perplexity", Metrics::perplexity);
    assertRefused(accuracyOnly, "entropy", Metrics::entropy);
    assertRefused(accuracyOnly, "mrr", Metrics::meanReciprocalRank);
    assertRefused(accuracyOnly, "brier", Metrics::brier);
    assertRefused(accuracyOnly, "ece", Metrics::expectedCalibrationError);
    assertRefused(accuracyOnly, "ece", Metrics::reliability);
    assertRefused(accuracyOnly, "per-class", Metrics::perClass);
    Metrics entropyOnly =
        ENGINE
            .evaluate(
                ignoringMinusOne(), LOGITS, TARGETS, Outputs.lossOnly().withMetrics(Metric.ENTROPY))
            .metrics();
    assertRefused(entropyOnly, "accuracy", Metrics::accuracy);
    LossResult without = ENGINE.evaluate(ignoringMinusOne(), LOGITS, TARGETS);
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(without::metrics)
        .withMessage("no metrics were asked for; see Outputs.withMetrics");
  }

  private static void assertRefused(Metrics metrics, String name, Consumer<Metrics> reading) {
    assertThatExceptionOfType(NoSuchElementException.class)
        .isThrownBy(() -> reading.accept(metrics))
        .withMessage(name + " was not asked for; see Outputs.withMetrics");
  }
}
