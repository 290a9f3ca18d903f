package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LABELS;
import static dev.batchloss.compat.SemanticsNumbers.WEIGHTS_OF_LABELS;
import static dev.batchloss.compat.SemanticsNumbers.labels;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.noRows;
import static dev.batchloss.compat.SemanticsNumbers.row;
import static dev.batchloss.compat.SemanticsNumbers.rows;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;

import dev.batchloss.compat.SemanticsLine.Column;

/** The cells in which PyTorch's and ONNX' losses of class labels agree. */
final class ClassLossCells {
  private ClassLossCells() {}

  /** A loss with its options, called with predictions and labels. */
  interface Call {
    TensorLoss evaluate(Tensor input, Tensor labels);
  }

  /**
   * Starts a line.
   *
   * @param plain the loss with its defaults
   * @param weighted the loss with class weights
   * @param weightedSum its sum
   * @param x three rows of three classes
   * @param losses what the loss of each is without weights
   */
  static SemanticsLine of(
      String library,
      String name,
      Call plain,
      Call weighted,
      Call weightedSum,
      double[] x,
      double[] losses) {
    double sum = sum(times(losses, WEIGHTS_OF_LABELS));
    return new SemanticsLine(library, name)
        .check(
            Column.MEAN_OVER,
            "Σ w_t",
            () ->
                near(
                    weighted.evaluate(rows(x), labels(LABELS)).loss(),
                    sum / sum(WEIGHTS_OF_LABELS)))
        .check(
            Column.WEIGHTS,
            "class",
            () -> near(weightedSum.evaluate(rows(x), labels(LABELS)).loss(), sum))
        .values(Column.EMPTY, "NaN", () -> plain.evaluate(noRows(), labels()).loss())
        .values(Column.NAN, "NaN", () -> plain.evaluate(row(Double.NaN, 0), labels(0)).loss())
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> plain.evaluate(row(IMPOSSIBLE, 0), labels(0)).loss(),
            () -> plain.evaluate(row(IMPOSSIBLE, 0), labels(1)).loss());
  }
}
