package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.labels;
import static dev.batchloss.compat.SemanticsNumbers.meanWithoutTheSecond;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.noRows;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;
import static dev.batchloss.compat.SemanticsNumbers.vector;

import dev.batchloss.compat.SemanticsLine.Column;

/**
 * A loss of Keras, three rows of three, and what they should cost; and the cells that most losses
 * have in common.
 */
final class KerasExample {
  static final String MEANS = "losses, or Σ s";
  private static final Tensor MASK = vector(1, 0, 1);

  final KerasLoss<?> loss;
  final Tensor yPred;
  final double[] losses;
  private final Tensor yTrue;

  /**
   * An example.
   *
   * @param losses what each row costs without weights
   */
  KerasExample(KerasLoss<?> loss, Tensor yTrue, Tensor yPred, double[] losses) {
    this.loss = loss;
    this.yTrue = yTrue;
    this.yPred = yPred;
    this.losses = losses;
  }

  void dividesByTheNumberOfLosses() {
    double sum = sum(times(ROW_WEIGHTS, losses));
    Tensor weights = vector(ROW_WEIGHTS);
    near(loss.evaluate(yTrue, yPred, weights).loss(), sum / 3);
    near(
        loss.reduction("mean_with_sample_weight").evaluate(yTrue, yPred, weights).loss(),
        sum / sum(ROW_WEIGHTS));
  }

  void leavesOutWhatIsMasked() {
    near(loss.mask(MASK).evaluate(yTrue, yPred).loss(), meanWithoutTheSecond(losses));
  }

  void weighsRows() {
    near(
        loss.reduction("none").evaluate(yTrue, yPred, vector(ROW_WEIGHTS)).losses().toDoubles(),
        times(ROW_WEIGHTS, losses));
  }

  double ofNothing() {
    Tensor none = yTrue.rank() == 1 ? labels() : noRows();
    return loss.evaluate(none, noRows()).loss();
  }

  SemanticsLine line(String name) {
    return new SemanticsLine("Keras", name)
        .check(Column.MEAN_OVER, MEANS, this::dividesByTheNumberOfLosses)
        .check(Column.IGNORED, "mask", this::leavesOutWhatIsMasked)
        .check(Column.WEIGHTS, "row", this::weighsRows)
        .values(Column.EMPTY, "0", this::ofNothing);
  }
}
