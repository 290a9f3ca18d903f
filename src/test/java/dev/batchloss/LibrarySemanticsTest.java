package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * That cross-entropy means what PyTorch, Keras, scikit-learn and ONNX document. Each expected value
 * is computed here in double from the formula in that library's documentation, and stands beside a
 * constant that NumPy gave for the same formula, or that the documentation itself prints.
 */
class LibrarySemanticsTest {
  private static final Offset<Double> EPSILON = within(1e-13);
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  /** Sixteenths between −3 and 3.25, the same in NumPy: ((i*37 + 11) % 101)/16 - 3. */
  private static double[] values(int count, int start) {
    double[] values = new double[count];
    Arrays.setAll(values, i -> ((i + start) * 37 + 11) % 101 / 16.0 - 3);
    return values;
  }

  /** log p of class c, by the definition of the softmax. */
  private static double logSoftmax(double[] row, int c) {
    return Math.log(Math.exp(row[c]) / Arrays.stream(row).map(Math::exp).sum());
  }

  /** The class axis at outer index n and inner index d of an N×C×D array. */
  private static double[] classAxis(double[] values, int classes, int inner, int n, int d) {
    double[] row = new double[classes];
    Arrays.setAll(row, c -> values[(n * classes + c) * inner + d]);
    return row;
  }

  private static double evaluate(Loss loss, Matrix input, Targets targets) {
    return ENGINE.evaluate(loss, input, targets).loss();
  }

  private static void assertBoth(double actual, double expected, double constant) {
    assertThat(expected).isCloseTo(constant, EPSILON);
    assertThat(actual).isCloseTo(expected, EPSILON);
  }

  /** torch.nn.CrossEntropyLoss(weight, ignore_index=-100, label_smoothing=0.1), class indices. */
  @Test
  void pytorchIndicesWithWeightsSmoothingAndIgnoreIndex() {
    double[] x = values(24, 0);
    int[] t = {0, 3, -100, 1, 2, 3};
    double[] w = {0.5, 1, 2, 0.25};
    double smoothing = 0.1;
    double[] rows = new double[6];
    double weightSum = 0;
    for (int n = 0; n < 6; n++) {
      if (t[n] == -100) {
        continue;
      }
      double[] row = Arrays.copyOfRange(x, 4 * n, 4 * n + 4);
      rows[n] = (1 - smoothing) * -w[t[n]] * logSoftmax(row, t[n]);
      for (int c = 0; c < 4; c++) {
        rows[n] += smoothing / 4 * -w[c] * logSoftmax(row, c);
      }
      weightSum += w[t[n]];
    }
    double sum = Arrays.stream(rows).sum();
    CrossEntropy loss =
        CrossEntropy.builder().classWeights(w).ignoreIndex(-100).labelSmoothing(smoothing).build();
    Matrix input = Matrix.of(x, 6, 4);
    Targets targets = Targets.classes(t);
    assertBoth(evaluate(loss, input, targets), sum / weightSum, 1.95219399656156);
    assertBoth(evaluate(loss.withReduction(Reduction.SUM), input, targets), sum, 7.80877598624624);
    LossResult unreduced = ENGINE.evaluate(loss.withReduction(Reduction.NONE), input, targets);
    assertThat(unreduced.rowLosses()).containsExactly(rows, EPSILON);
    assertThat(rows)
        .containsExactly(
            new double[] {
              2.286949355909502,
              0.7033352353512845,
              0,
              0.5019422043304749,
              3.613213955303694,
              0.7033352353512845
            },
            EPSILON);
  }

  /** The same with class probabilities: the mean divides by N, not by weights. */
  @Test
  void pytorchProbabilitiesWithWeightsAndSmoothing() {
    double[] x = values(24, 0);
    double[] q = values(24, 100);
    double[] w = {0.5, 1, 2, 0.25};
    double smoothing = 0.2;
    double sum = 0;
    for (int n = 0; n < 6; n++) {
      double[] row = Arrays.copyOfRange(x, 4 * n, 4 * n + 4);
      double mass = 0;
      for (int c = 0; c < 4; c++) {
        mass += q[4 * n + c] + 4;
      }
      for (int c = 0; c < 4; c++) {
        q[4 * n + c] = (q[4 * n + c] + 4) / mass;
        double smoothed = q[4 * n + c] * (1 - smoothing) + smoothing / 4;
        sum -= w[c] * smoothed * logSoftmax(row, c);
      }
    }
    CrossEntropy loss = CrossEntropy.builder().classWeights(w).labelSmoothing(smoothing).build();
    double actual = evaluate(loss, Matrix.of(x, 6, 4), Targets.probabilities(Matrix.of(q, 6, 4)));
    assertBoth(actual, sum / 6, 2.749034344215673);
  }

  /** Input (N, C, d1, d2), target (N, d1, d2). */
  @Test
  void pytorchClassAxisInTheMiddle() {
    double[] x = values(24, 7);
    int[] t = {0, 1, 2, 2, 1, -1, 0, 2};
    double[] w = {1, 0.5, 3};
    double[] rows = new double[8];
    double weightSum = 0;
    for (int n = 0; n < 2; n++) {
      for (int d = 0; d < 4; d++) {
        int target = t[4 * n + d];
        if (target >= 0) {
          rows[4 * n + d] = -w[target] * logSoftmax(classAxis(x, 3, 4, n, d), target);
          weightSum += w[target];
        }
      }
    }
    CrossEntropy loss = CrossEntropy.builder().classWeights(w).ignoreIndex(-1).build();
    LossResult result =
        ENGINE.evaluate(
            loss, Matrix.of(x, 2, 3, 4), Targets.classes(t), Outputs.lossOnly().withRowLosses());
    assertThat(result.rowLosses()).containsExactly(rows, EPSILON);
    assertThat(rows[2]).isCloseTo(10.375861388966914, EPSILON);
    assertBoth(result.loss(), Arrays.stream(rows).sum() / weightSum, 2.1829589751670064);
  }

  /** torch.nn.NLLLoss on the output of LogSoftmax is CrossEntropyLoss on its input. */
  @Test
  void pytorchNllOfLogProbabilities() {
    double[] x = values(24, 0);
    double[] logs = new double[24];
    for (int i = 0; i < 24; i++) {
      logs[i] = logSoftmax(Arrays.copyOfRange(x, i / 4 * 4, i / 4 * 4 + 4), i % 4);
    }
    Targets targets = Targets.classes(0, 3, -100, 1, 2, 3);
    CrossEntropy.Builder options =
        CrossEntropy.builder().classWeights(0.5, 1, 2, 0.25).ignoreIndex(-100);
    double onLogits = evaluate(options.build(), Matrix.of(x, 6, 4), targets);
    double onLogs =
        evaluate(
            options.input(InputKind.LOG_PROBABILITIES).build(), Matrix.of(logs, 6, 4), targets);
    assertThat(onLogs).isCloseTo(onLogits, EPSILON);
  }

  /** Smoothing makes an impossible class infinitely bad, unless its weight is 0. */
  @Test
  void pytorchSmoothingOverAnImpossibleClass() {
    Matrix input = Matrix.of(new double[] {0, Double.NEGATIVE_INFINITY}, 1, 2);
    Targets targets = Targets.classes(0);
    CrossEntropy.Builder smoothed = CrossEntropy.builder().labelSmoothing(0.1);
    assertThat(evaluate(smoothed.build(), input, targets)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(evaluate(smoothed.classWeights(1, 0).build(), input, targets)).isZero();
  }

  /**
   * The examples of keras.losses.CategoricalCrossentropy and its sparse form: p = 0 where y = 0.
   */
  @Test
  void kerasDocumentedExamples() {
    Matrix p = Matrix.of(new double[] {0.05, 0.95, 0, 0.1, 0.8, 0.1}, 2, 3);
    Targets oneHot = Targets.probabilities(Matrix.of(new double[] {0, 1, 0, 0, 0, 1}, 2, 3));
    Targets sparse = Targets.classes(1, 2);
    Loss mean = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    double[] rows = {-Math.log(0.95), -Math.log(0.1)};
    for (Targets targets : new Targets[] {oneHot, sparse}) {
      assertBoth(evaluate(mean, p, targets), (rows[0] + rows[1]) / 2, 1.176939193690798);
      assertThat(evaluate(mean, p, targets)).isCloseTo(1.177, within(5e-4));
      assertThat(evaluate(mean.withReduction(Reduction.SUM), p, targets))
          .isCloseTo(2.354, within(5e-4));
      double[] unreduced =
          ENGINE.evaluate(mean.withReduction(Reduction.NONE), p, targets).rowLosses();
      assertThat(unreduced).containsExactly(rows, EPSILON);
      assertThat(unreduced[0]).isCloseTo(0.0513, within(5e-5));
      assertThat(unreduced[1]).isCloseTo(2.303, within(5e-4));
    }
  }

  /** "sum_over_batch_size" divides by N, "mean_with_sample_weight" by the weights, as MEAN does. */
  @Test
  void kerasSampleWeights() {
    Matrix p = Matrix.of(new double[] {0.05, 0.95, 0, 0.1, 0.8, 0.1}, 2, 3);
    Targets targets = Targets.classes(1, 2).withSampleWeights(0.3, 0.7);
    Loss mean = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    double sum = 0.3 * -Math.log(0.95) + 0.7 * -Math.log(0.1);
    double overBatchSize = evaluate(mean.withReduction(Reduction.sumOver(2)), p, targets);
    assertBoth(overBatchSize, sum / 2, 0.8135987767060484);
    assertThat(overBatchSize).isCloseTo(0.814, within(5e-4));
    assertBoth(evaluate(mean, p, targets), sum / (0.3 + 0.7), 1.6271975534120968);
  }

  /** CategoricalCrossentropy(from_logits=True, label_smoothing=0.25). */
  @Test
  void kerasLabelSmoothing() {
    double[] x = values(12, 3);
    int[] t = {2, 0, 3};
    double sum = 0;
    for (int n = 0; n < 3; n++) {
      for (int c = 0; c < 4; c++) {
        double smoothed = (c == t[n] ? 1 : 0) * (1 - 0.25) + 0.25 / 4;
        sum -= smoothed * logSoftmax(Arrays.copyOfRange(x, 4 * n, 4 * n + 4), c);
      }
    }
    CrossEntropy loss = CrossEntropy.builder().labelSmoothing(0.25).build();
    double actual = evaluate(loss, Matrix.of(x, 3, 4), Targets.classes(t));
    assertBoth(actual, sum / 3, 2.015042580913632);
  }

  /** The example of sklearn.metrics.log_loss: ham is class 0, spam class 1. */
  @Test
  void scikitLearnLogLoss() {
    double[] p = {0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65};
    Targets targets = Targets.classes(1, 0, 0, 1);
    Matrix input = Matrix.of(p, 4, 2);
    Loss loss = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    double[] rows = {-Math.log(0.9), -Math.log(0.9), -Math.log(0.8), -Math.log(0.65)};
    assertBoth(evaluate(loss, input, targets), Arrays.stream(rows).sum() / 4, 0.21616187468057912);
    double weighted = (rows[0] + 2 * rows[1] + 3 * rows[2] + 0.5 * rows[3]) / 6.5;
    assertBoth(
        evaluate(loss, input, targets.withSampleWeights(1.0, 2.0, 3.0, 0.5)),
        weighted,
        0.18475440907112844);
    assertThat(evaluate(loss.withReduction(Reduction.SUM), input, targets))
        .isCloseTo(Arrays.stream(rows).sum(), EPSILON);
  }

  /** SoftmaxCrossEntropyLoss of shape (3, 5, 2), with weights, ignore_index 0, and log_prob. */
  @Test
  void onnxWeightsIgnoreIndexAndLogProbabilities() {
    double[] x = values(30, 50);
    long[] t = {0, 4, 1, 0, 3, 2};
    double[] w = {0.9, 0.7, 0.8, 0.9, 0.9};
    double weighted = 0;
    double weightSum = 0;
    double plain = 0;
    double[] logs = new double[30];
    for (int n = 0; n < 3; n++) {
      for (int d = 0; d < 2; d++) {
        double[] row = classAxis(x, 5, 2, n, d);
        for (int c = 0; c < 5; c++) {
          logs[(n * 5 + c) * 2 + d] = logSoftmax(row, c);
        }
        int target = (int) t[2 * n + d];
        if (target != 0) {
          weighted -= w[target] * logSoftmax(row, target);
          weightSum += w[target];
          plain -= logSoftmax(row, target);
        }
      }
    }
    Matrix input = Matrix.of(x, 3, 5, 2);
    double[] written = new double[30];
    CrossEntropy withWeights = CrossEntropy.builder().classWeights(w).ignoreIndex(0).build();
    LossResult result =
        ENGINE.evaluate(
            withWeights,
            input,
            Targets.classes(t),
            Outputs.logSoftmaxInto(Matrix.of(written, 3, 5, 2)));
    assertBoth(result.loss(), weighted / weightSum, 1.1988727839818818);
    assertThat(written).containsExactly(logs, EPSILON);
    assertThat(logs[0]).isCloseTo(-3.1859223192298014, EPSILON);
    assertThat(logs[1]).isCloseTo(-1.67806637125778, EPSILON);
    CrossEntropy plainLoss = CrossEntropy.builder().ignoreIndex(0).build();
    assertBoth(evaluate(plainLoss, input, Targets.classes(t)), plain / 4, 1.163453425254292);
  }
}
