package dev.batchloss.compat;

/**
 * {@code sklearn.metrics.log_loss} as of scikit-learn 1.9, which gives the values of every version
 * since 1.5; {@link SklearnLogLoss#eps} gives those of the versions before.
 *
 * <pre>{@code
 * double loss = Sklearn.logLoss(Labels.of("spam", "ham"), Tensor.of(probabilities, 2, 2));
 * }</pre>
 */
public final class Sklearn {
  private Sklearn() {}

  /**
   * {@code log_loss(y_true, y_proba, *, normalize=True, sample_weight=None, labels=None)}: with p
   * the row clipped to ε..1−ε, ε the machine epsilon of the predictions' element type (2^−52 for
   * FLOAT64, 2^−23, 2^−10), and t the place of the row's label among the labels in ascending order,
   *
   * <pre>
   *   Σ w·(−log p_t) / Σ w,    w the sample weights, ones if absent
   * </pre>
   *
   * <p>Predictions are (N, C), or (N) or (N, 1): the probability p of the greater of two labels,
   * which stands for the row 1 − p, p. Rows are not divided by their sum; where one differs from 1
   * by more than √ε there is a warning. {@code yTrue} may also be an indicator matrix (N, C) of
   * zeros and ones: then −Σ y_c·log p_c is a row's loss.
   *
   * <p>Refused as there: fewer than two labels, labels of {@code yTrue} that are not among those
   * given, another number of labels than columns, probabilities outside 0..1, NaN, no samples,
   * weights that are not finite or all 0, and a mean over weights that sum to 0. Versions 1.5 and
   * 1.6 clipped probabilities outside 0..1 instead and gave rows of unknown labels the loss 0.
   *
   * <p>The core's {@link dev.batchloss.loss.CrossEntropy} clips nothing by itself and refuses rows
   * that do not sum to 1. Losses are computed in double, there in the predictions' type.
   */
  public static SklearnLogLoss logLoss() {
    return SklearnLogLoss.DEFAULT;
  }

  /** Returns the {@link #logLoss()} with the defaults. */
  public static double logLoss(Labels yTrue, Tensor yPred) {
    return logLoss().evaluate(yTrue, yPred).loss();
  }

  /** Returns the {@link #logLoss()} with the defaults. */
  public static double logLoss(Tensor yTrue, Tensor yPred) {
    return logLoss().evaluate(yTrue, yPred).loss();
  }
}
