package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;

/** The three rows of three classes that the checks of the table share, and their arithmetic. */
final class SemanticsNumbers {
  static final double IMPOSSIBLE = Double.NEGATIVE_INFINITY;
  static final double SMOOTHING = 0.3;

  static final double[] LOGITS = {1, -0.5, 0.25, 0, 2, -1, -1.5, 0.5, 0.75};
  static final double[] PROBABILITIES = {0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.25, 0.5, 0.25};
  static final double[] LOG_PROBABILITIES = map(PROBABILITIES, Math::log);
  static final long[] LABELS = {0, 2, 1};

  /** The labels with {@link #IGNORED_LABEL} in the middle. */
  static final long[] ONE_IGNORED = {0, -100, 1};

  static final long IGNORED_LABEL = -100;
  static final double[] ONE_HOT = {1, 0, 0, 0, 0, 1, 0, 1, 0};
  static final double[] SOFT = {0.8, 0.1, 0.1, 0.2, 0.2, 0.6, 0.1, 0.9, 0};
  static final double[] BITS = {1, 0, 1, 0, 1, 1, 0, 0, 1};

  static final double[] CLASS_WEIGHTS = {0.5, 1, 4};
  static final double[] ROW_WEIGHTS = {1, 2, 3};
  static final double[] ELEMENT_WEIGHTS = {1, 2, 0.5, 3, 1, 1, 0.25, 4, 2};

  /** The class weight of each row's label. */
  static final double[] WEIGHTS_OF_LABELS = {0.5, 4, 1};

  private static final Offset<Double> ROUNDING = within(1e-12);

  private SemanticsNumbers() {}

  /** −log p of each class, by the definition of the softmax. */
  static double[] negativeLogSoftmax(double[] logits) {
    return map(new RowReference(logits, 3, 3, 1).logSoftmax().x, x -> -x);
  }

  static double[] softmax(double[] logits) {
    return map(negativeLogSoftmax(logits), cost -> Math.exp(-cost));
  }

  /** (1−ε)·q + ε/3. */
  static double[] smoothedTowardThird(double[] targets) {
    return map(targets, q -> (1 - SMOOTHING) * q + SMOOTHING / 3);
  }

  /** (1−ε)·y + ε/2. */
  static double[] smoothedTowardHalf(double[] targets) {
    return map(targets, y -> (1 - SMOOTHING) * y + SMOOTHING / 2);
  }

  /** −y·log p − (1−y)·log(1−p) of each element. */
  static double[] binaryCrossEntropy(double[] p, double[] y) {
    return indexed(y, i -> -y[i] * Math.log(p[i]) - (1 - y[i]) * Math.log(1 - p[i]));
  }

  static double[] sigmoid(double[] x) {
    return map(x, each -> 1 / (1 + Math.exp(-each)));
  }

  static double[] times(double[] a, double[] b) {
    return indexed(a, i -> a[i] * b[i]);
  }

  /** The sums of the rows of three. */
  static double[] rowSums(double[] elements) {
    double[] sums = new double[elements.length / 3];
    for (int i = 0; i < elements.length; i++) {
      sums[i / 3] += elements[i];
    }
    return sums;
  }

  static double[] rowMeans(double[] elements) {
    return map(rowSums(elements), sum -> sum / 3);
  }

  static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  static double mean(double[] values) {
    return sum(values) / values.length;
  }

  /** The mean of the first and the last of three rows. */
  static double meanWithoutTheSecond(double[] rows) {
    return (rows[0] + rows[2]) / 2;
  }

  static double[] map(double[] values, DoubleUnaryOperator operator) {
    return Arrays.stream(values).map(operator).toArray();
  }

  static double[] indexed(double[] like, IntToDoubleFunction value) {
    return IntStream.range(0, like.length).mapToDouble(value).toArray();
  }

  static void near(double actual, double expected) {
    assertThat(actual).isCloseTo(expected, ROUNDING);
  }

  static void near(double[] actual, double[] expected) {
    assertThat(actual).containsExactly(expected, ROUNDING);
  }

  static Tensor rows(double... values) {
    return Tensor.of(values, values.length / 3, 3);
  }

  /** One row. */
  static Tensor row(double... values) {
    return Tensor.of(values, 1, values.length);
  }

  static Tensor vector(double... values) {
    return Tensor.of(values, values.length);
  }

  static Tensor labels(long... values) {
    return Tensor.of(values, values.length);
  }

  static Tensor noRows() {
    return Tensor.of(new double[0], 0, 3);
  }
}
