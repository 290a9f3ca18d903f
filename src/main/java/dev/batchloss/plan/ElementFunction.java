package dev.batchloss.plan;

import java.io.Serializable;
import java.util.Objects;

/**
 * f(x, y) of an element plan: a kind and its numbers, of which a kind reads those that its formula
 * names. clip(p) = min(clipHigh, max(clipLow, p)); ln' is the logarithm, not below logFloor.
 *
 * @param kind the formula
 * @param clipLow the least probability; 0 when not used
 * @param clipHigh the greatest probability; positive infinity when not used
 * @param logFloor the least logarithm of a probability; negative infinity when not used
 * @param slopeFloor the least denominator of the derivative of binary cross-entropy on
 *     probabilities; 0 when not used
 * @param alpha the weight of positive targets in a focal loss; NaN when not used
 * @param gamma the exponent of a focal loss
 * @param delta where a Huber loss turns linear
 * @param factor multiplies a Huber loss
 * @param epsilon what a kind adds to or bounds an argument by
 * @param targetTerm multiplies the terms of the Poisson loss that depend on the target alone
 */
public record ElementFunction(
    Kind kind,
    double clipLow,
    double clipHigh,
    double logFloor,
    double slopeFloor,
    double alpha,
    double gamma,
    double delta,
    double factor,
    double epsilon,
    double targetTerm)
    implements Serializable {

  /** The formulas; w is the positive weight of the class. */
  public enum Kind {
    /** −w·y·ln σ(x) − (1−y)·ln(1 − σ(x)), σ the logistic function. */
    BINARY_CROSS_ENTROPY_LOGITS,
    /**
     * −w·y·ln' p − (1−y)·ln'(1 − p), p = clip(x). With a slopeFloor the derivative is (x−y) /
     * max(x·(1−x), slopeFloor), which takes no notice of the floor of the logarithm (PyTorch).
     */
    BINARY_CROSS_ENTROPY,
    /**
     * a·(1 − π)^gamma·(binary cross-entropy of p), p = σ(x), π = y·p + (1−y)·(1−p), a = alpha·y +
     * (1−alpha)·(1−y) (Lin et al. 2017).
     */
    BINARY_FOCAL_LOGITS,
    /** The same with p = x, of which the binary cross-entropy takes clip(p). */
    BINARY_FOCAL,
    /** y·(ln y − x), x the logarithm of a probability. */
    KL_DIVERGENCE,
    /** e^y·(y − x), both logarithms of probabilities. */
    KL_DIVERGENCE_LOG_TARGETS,
    /** clip(y)·ln(clip(y)/clip(x)). */
    KL_DIVERGENCE_PROBABILITIES,
    /** (x − y)². */
    SQUARED_ERROR,
    /** |x − y|; the derivative at 0 is 0. */
    ABSOLUTE_ERROR,
    /** 100·|x − y| / max(|y|, epsilon). */
    ABSOLUTE_PERCENTAGE_ERROR,
    /** (ln(1 + max(x, epsilon)) − ln(1 + max(y, epsilon)))². */
    SQUARED_LOGARITHMIC_ERROR,
    /** factor times ½d² where |d| ≤ delta, else delta·(|d| − ½·delta); d = x − y. */
    HUBER,
    /** ln cosh(x − y). */
    LOG_COSH,
    /** x − y·ln(x + epsilon) + targetTerm·s(y); s(y) = y·ln y − y + ½·ln 2πy for y > 1, else 0. */
    POISSON,
    /** e^x − y·x + targetTerm·s(y). */
    POISSON_LOGARITHMIC,
    /** max(0, 1 − y·x). */
    HINGE,
    /** max(0, 1 − y·x)². */
    SQUARED_HINGE;

    /** Returns whether an element is a decision between two classes, so that it can be right. */
    public boolean isBinary() {
      return switch (this) {
        case BINARY_CROSS_ENTROPY_LOGITS, BINARY_CROSS_ENTROPY, BINARY_FOCAL_LOGITS, BINARY_FOCAL ->
            true;
        default -> false;
      };
    }

    /**
     * Returns what a prediction of the positive class exceeds: 0 for logits, ½ for probabilities.
     */
    public double threshold() {
      return this == BINARY_CROSS_ENTROPY_LOGITS || this == BINARY_FOCAL_LOGITS ? 0 : 0.5;
    }
  }

  /** What a target of the positive class exceeds. */
  public static final double TARGET_THRESHOLD = 0.5;

  /** Checks that there is a kind. */
  public ElementFunction {
    Objects.requireNonNull(kind, "kind");
  }

  /** A kind whose numbers are all unused, factors being 1. */
  public static ElementFunction of(Kind kind) {
    return new ElementFunction(
        kind, 0, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, Double.NaN, 0, 1, 1, 0, 0);
  }

  /** Returns whether probabilities are clipped. */
  public boolean hasClip() {
    return clipLow > 0 || clipHigh < Double.POSITIVE_INFINITY;
  }

  /** The same with probabilities clipped. */
  public ElementFunction clippedTo(double low, double high) {
    return new ElementFunction(
        kind, low, high, logFloor, slopeFloor, alpha, gamma, delta, factor, epsilon, targetTerm);
  }

  /** The same with the least logarithm of a probability and the least denominator of a slope. */
  public ElementFunction withFloors(double log, double slope) {
    return new ElementFunction(
        kind, clipLow, clipHigh, log, slope, alpha, gamma, delta, factor, epsilon, targetTerm);
  }

  /**
   * The same focused.
   *
   * @param balance alpha, NaN for none
   * @param exponent gamma
   */
  public ElementFunction focusedBy(double balance, double exponent) {
    return new ElementFunction(
        kind,
        clipLow,
        clipHigh,
        logFloor,
        slopeFloor,
        balance,
        exponent,
        delta,
        factor,
        epsilon,
        targetTerm);
  }

  /** The same turning linear at {@code width}, and multiplied. */
  public ElementFunction linearBeyond(double width, double multiplier) {
    return new ElementFunction(
        kind,
        clipLow,
        clipHigh,
        logFloor,
        slopeFloor,
        alpha,
        gamma,
        width,
        multiplier,
        epsilon,
        targetTerm);
  }

  /** The same with another epsilon. */
  public ElementFunction withEpsilon(double value) {
    return new ElementFunction(
        kind,
        clipLow,
        clipHigh,
        logFloor,
        slopeFloor,
        alpha,
        gamma,
        delta,
        factor,
        value,
        targetTerm);
  }

  /** The same with the terms that depend on the target alone. */
  public ElementFunction withTargetTerm() {
    return new ElementFunction(
        kind, clipLow, clipHigh, logFloor, slopeFloor, alpha, gamma, delta, factor, epsilon, 1);
  }
}
