package dev.batchloss.compat;

import dev.batchloss.data.Matrix;
import java.util.List;

/**
 * The predictions of {@link SklearnLogLoss}: checked, and as one column a class.
 *
 * @param given as they were handed over
 * @param columns (N, C), C at least 2
 * @param eps the bound of clipping
 * @param renormalizes whether rows are divided by their sum after clipping
 */
record SklearnProbabilities(Tensor given, Tensor columns, double eps, boolean renormalizes) {
  /** NumPy's {@code isclose} has it beside the relative one. */
  private static final double ABSOLUTE_TOLERANCE = 1e-8;

  static SklearnProbabilities of(Tensor given, double eps, boolean renormalizes) {
    if (given.rank() != 1 && given.rank() != 2) {
      throw new IllegalArgumentException(
          "y_prob has shape %s, must have one or two axes".formatted(given.axes()));
    }
    if (given.size() == 0) {
      throw new IllegalArgumentException(
          "y_prob has shape %s: found array with 0 samples or features, a minimum of 1 is required"
              .formatted(given.axes()));
    }
    requireProbabilities(given, renormalizes);
    Tensor columns = isOneColumn(given) ? twoColumns(given, renormalizes ? eps : 0) : given;
    return new SklearnProbabilities(given, columns, eps, renormalizes);
  }

  long samples() {
    return given.axes().length(0);
  }

  /** The least probability: 0 where one column was clipped before it became two. */
  double low() {
    return isClippedAlready() ? 0 : eps;
  }

  /** The greatest probability. */
  double high() {
    return isClippedAlready() ? Double.POSITIVE_INFINITY : 1 - eps;
  }

  private boolean isClippedAlready() {
    return renormalizes && isOneColumn(given);
  }

  void requireSamples(String name, long samples) {
    if (samples != samples()) {
      throw new IllegalArgumentException(
          "Found input variables with inconsistent numbers of samples: [%d, %d] (y_prob and %s)"
              .formatted(samples(), samples, name));
    }
  }

  void requireColumns(String source, long classes, Object found) {
    long columnsHere = columns.axes().length(1);
    if (classes == columnsHere) {
      return;
    }
    throw new IllegalArgumentException(
        source.equals("labels")
            ? "The number of classes in labels is different from that in y_prob: %d vs %d. Classes"
                    .formatted(classes, columnsHere)
                + " found in labels: "
                + found
            : "y_true and y_prob contain different number of classes: %d vs %d. Please provide the"
                    .formatted(classes, columnsHere)
                + " true labels explicitly through the labels argument. Classes found in y_true: "
                + found);
  }

  /** Warns of rows whose sum is not 1: of the clipped ones where they are divided by it. */
  void addSumWarning(List<String> warnings) {
    double tolerance = renormalizes ? 1e-15 + 5 * eps : Math.sqrt(eps) + ABSOLUTE_TOLERANCE;
    Matrix rows = columns.rows(1);
    for (long row = 0; row < rows.rows(); row++) {
      double sum = 0;
      for (int c = 0; c < rows.classes(); c++) {
        double probability = rows.get(row, c);
        sum += renormalizes ? Math.clamp(probability, eps, 1 - eps) : probability;
      }
      if (Math.abs(sum - 1) > tolerance) {
        warnings.add(
            renormalizes
                ? "The y_pred values do not sum to one. Starting from 1.5 this will result in an"
                    + " error."
                : "The y_prob values do not sum to one. Make sure to pass probabilities.");
        return;
      }
    }
  }

  /** The gradient with respect to what was given, from that with respect to the columns. */
  Tensor gradient(Tensor ofColumns) {
    if (!isOneColumn(given)) {
      return ofColumns;
    }
    Tensor gradient = Tensor.allocate(given.type(), given.axes());
    Matrix target = gradient.elements();
    Matrix source = ofColumns.rows(1);
    for (long row = 0; row < samples(); row++) {
      boolean isClipped = given.at(row) < eps || given.at(row) > 1 - eps;
      target.set(row, 0, isClipped ? 0 : source.get(row, 1) - source.get(row, 0));
    }
    return gradient;
  }

  private static boolean isOneColumn(Tensor given) {
    return given.rank() == 1 || given.axes().length(1) == 1;
  }

  /** 1 − p and p, after clipping p itself to {@code bound}. */
  private static Tensor twoColumns(Tensor given, double bound) {
    long samples = given.size();
    Tensor both = Tensor.allocate(given.type(), Shape.of(samples, 2));
    Matrix rows = both.rows(1);
    for (long row = 0; row < samples; row++) {
      double positive = Math.clamp(given.at(row), bound, 1 - bound);
      rows.set(row, 0, 1 - positive);
      rows.set(row, 1, positive);
    }
    return both;
  }

  private static void requireProbabilities(Tensor given, boolean anyNumber) {
    for (long i = 0; i < given.size(); i++) {
      double value = given.at(i);
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException(
            "y_prob contains %s at element %d, must be finite".formatted(value, i));
      }
      if (!anyNumber && !(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException(
            "y_prob contains values %s: element %d is %s"
                .formatted(value > 1 ? "greater than 1" : "lower than 0", i, value));
      }
    }
  }
}
