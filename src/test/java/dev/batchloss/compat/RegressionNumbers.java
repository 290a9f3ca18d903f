package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.BITS;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.map;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.times;

/** What losses of x = LOGITS and y = Y cost by their definitions, unless said otherwise. */
final class RegressionNumbers {
  static final String PLAIN = "MeanSquaredError, MeanAbsoluteError, Huber, LogCosh";

  static final double[] Y = {1.5, 1, -2, 0, 0.5, 1, 0.25, 4, -0.75};
  static final double[] DISTANCES = indexed(Y, i -> Math.abs(LOGITS[i] - Y[i]));
  static final double[] SQUARES = times(DISTANCES, DISTANCES);
  static final double[] HUBER =
      indexed(Y, i -> DISTANCES[i] <= 1 ? SQUARES[i] / 2 : DISTANCES[i] - 0.5);
  static final double[] LOG_COSH = indexed(Y, i -> Math.log(Math.cosh(DISTANCES[i])));

  /** What is divided by, or has the logarithm of one more taken, is at least this. */
  static final double EPSILON = 1e-7;

  static final double[] PERCENTAGES =
      indexed(Y, i -> 100 * DISTANCES[i] / Math.max(Math.abs(Y[i]), EPSILON));
  static final double[] LOGARITHMIC_SQUARES =
      indexed(Y, i -> square(logOfOneMore(LOGITS[i]) - logOfOneMore(Y[i])));

  /** BITS as −1 and 1, the labels of a hinge. */
  static final double[] SIGNS = map(BITS, bit -> 2 * bit - 1);

  static final double[] HINGES = indexed(SIGNS, i -> Math.max(0, 1 - SIGNS[i] * LOGITS[i]));
  static final double[] SQUARED_HINGES = times(HINGES, HINGES);

  /** Counts, of which {@code PROBABILITIES} are the rates. */
  static final double[] COUNTS = {1, 0, 2, 0, 1, 0, 3, 1, 0};

  /** Of rows whose target is {@code ONE_HOT}. */
  static final double[] CATEGORICAL_HINGES = categoricalHinges();

  static final double[] COSINES = cosines();

  private RegressionNumbers() {}

  /** x − y·log(x + epsilon) of rates and counts. */
  static double[] poisson(double epsilon) {
    return indexed(
        COUNTS, i -> PROBABILITIES[i] - COUNTS[i] * Math.log(PROBABILITIES[i] + epsilon));
  }

  private static double logOfOneMore(double value) {
    return Math.log(1 + Math.max(value, EPSILON));
  }

  private static double square(double value) {
    return value * value;
  }

  private static double[] categoricalHinges() {
    double[] wanted = rowSums(times(ONE_HOT, LOGITS));
    double[] losses = new double[3];
    for (int row = 0; row < 3; row++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int i = 3 * row; i < 3 * row + 3; i++) {
        best = Math.max(best, (1 - ONE_HOT[i]) * LOGITS[i]);
      }
      losses[row] = Math.max(0, 1 + best - wanted[row]);
    }
    return losses;
  }

  private static double[] cosines() {
    double[] products = rowSums(times(LOGITS, Y));
    double[] ofX = map(rowSums(times(LOGITS, LOGITS)), Math::sqrt);
    double[] ofY = map(rowSums(times(Y, Y)), Math::sqrt);
    return indexed(products, row -> -products[row] / (ofX[row] * ofY[row]));
  }
}
