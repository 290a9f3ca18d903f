package dev.batchloss.plan;

import java.io.Serializable;

/**
 * How an element x of the input becomes the z that the statistics are of.
 *
 * <ul>
 *   <li>LOGITS: z = softcap·tanh(logitScale·x/softcap), without a softcap z = logitScale·x.
 *   <li>LOG_PROBABILITIES: z = x.
 *   <li>PROBABILITIES: z = log p, p being x normalised and clipped as asked.
 * </ul>
 *
 * @param kind what x is
 * @param logitScale multiplies logits; 1 when not used
 * @param softcap bounds logits; positive infinity when not used
 * @param normalization when a row of probabilities is divided by its sum
 * @param clipLow the least probability; 0 when not used
 * @param clipHigh the greatest probability; positive infinity when not used
 * @param sumTolerance probabilities are refused outside 0..1 and where a row's sum differs from 1
 *     by more than this; positive infinity switches the check off
 */
public record InputTransform(
    InputKind kind,
    double logitScale,
    double softcap,
    Normalization normalization,
    double clipLow,
    double clipHigh,
    double sumTolerance)
    implements Serializable {

  /** Logits, scaled and then capped. */
  public static InputTransform logits(double logitScale, double softcap) {
    return new InputTransform(
        InputKind.LOGITS,
        logitScale,
        softcap,
        Normalization.NONE,
        0,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY);
  }

  /** Log-probabilities as they are. */
  public static InputTransform logProbabilities() {
    return new InputTransform(
        InputKind.LOG_PROBABILITIES,
        1,
        Double.POSITIVE_INFINITY,
        Normalization.NONE,
        0,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY);
  }

  /** Probabilities; see the record's components. */
  public static InputTransform probabilities(
      Normalization normalization, double clipLow, double clipHigh, double sumTolerance) {
    return new InputTransform(
        InputKind.PROBABILITIES,
        1,
        Double.POSITIVE_INFINITY,
        normalization,
        clipLow,
        clipHigh,
        sumTolerance);
  }

  /** Returns whether logits are capped. */
  public boolean hasSoftcap() {
    return softcap != Double.POSITIVE_INFINITY;
  }

  /**
   * Returns whether the loss divides by the sum of e^z: true for logits and for probabilities
   * normalised after clipping, false where z is already the logarithm of a probability.
   */
  public boolean normalizesByLogSumExp() {
    return kind == InputKind.LOGITS
        || (kind == InputKind.PROBABILITIES && normalization == Normalization.AFTER_CLIP);
  }

  /** Returns whether probabilities are checked against 0..1 and their sum against 1. */
  public boolean checksProbabilities() {
    return kind == InputKind.PROBABILITIES && sumTolerance != Double.POSITIVE_INFINITY;
  }
}
