package dev.batchloss.plan;

import java.io.Serializable;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The coefficients of φ, the one form that every row loss has. With n_c = lse − z_c (for inputs
 * that are log-probabilities already, n_c = −z_c), p = softmax(z), class weights w (1 when absent),
 * ε the label smoothing, t the target class or q the target distribution, a row's loss before its
 * sample weight is
 *
 * <pre>
 *   crossEntropy · [ (1−ε)·w_t·(1−p_t)^focusing·b(n_t)   (class targets)
 *                  | (1−ε)·Σ w_c·q_c·n_c                 (probability targets)
 *                  + ε/C·Σ w_c·n_c ]
 *   + zLoss · lse²
 *   + entropy · Σ −p_c·log p_c
 *   + targetEntropy · Σ w_c·q_c·log q_c
 * </pre>
 *
 * with b(n) = n, or (1 − e^(−q·n))/q = (1 − p^q)/q where generalization q is not 0. A term whose
 * coefficient is 0 is 0, whatever the logits are.
 *
 * @param crossEntropy 1 for cross-entropy, 0 for losses without targets
 * @param labelSmoothing ε in 0..1
 * @param classWeights w, or null for ones
 * @param focusing γ of the focal loss (Lin et al. 2017), class targets only; 0 for none
 * @param zLoss coefficient of lse² (Chowdhery et al., "PaLM", 2022)
 * @param entropy coefficient of the entropy of the predicted distribution
 * @param targetEntropy coefficient of the negative entropy of the targets: 1 makes cross-entropy a
 *     KL divergence
 * @param generalization q of the generalised cross-entropy (Zhang and Sabuncu 2018), class targets
 *     only; 0 for none, and then the loss may be focused
 */
public record RowObjective(
    double crossEntropy,
    double labelSmoothing,
    @Nullable ClassWeights classWeights,
    double focusing,
    double zLoss,
    double entropy,
    double targetEntropy,
    double generalization)
    implements Serializable {

  /** Refuses what φ has no one form for. */
  public RowObjective {
    if (focusing != 0 && generalization != 0) {
      throw new IllegalArgumentException(
          "focusing is %s and generalization is %s: one of them must be 0"
              .formatted(focusing, generalization));
    }
  }

  /** One that is not generalised. */
  public RowObjective(
      double crossEntropy,
      double labelSmoothing,
      @Nullable ClassWeights classWeights,
      double focusing,
      double zLoss,
      double entropy,
      double targetEntropy) {
    this(crossEntropy, labelSmoothing, classWeights, focusing, zLoss, entropy, targetEntropy, 0);
  }

  /** Plain cross-entropy with its usual options. */
  public static RowObjective crossEntropy(
      double labelSmoothing, @Nullable ClassWeights classWeights, double zLoss) {
    return new RowObjective(1, labelSmoothing, classWeights, 0, zLoss, 0, 0);
  }

  /** The entropy of the predicted distribution, which takes no targets. */
  public static RowObjective predictedEntropy() {
    return new RowObjective(0, 0, null, 0, 0, 1, 0);
  }

  /** The divergence of the predicted distribution from the target distribution. */
  public static RowObjective klDivergence() {
    return new RowObjective(1, 0, null, 0, 0, 0, 1);
  }

  /** Generalised cross-entropy: (1 − p_t^q)/q. */
  public static RowObjective generalized(double q, @Nullable ClassWeights classWeights) {
    return new RowObjective(1, 0, classWeights, 0, 0, 0, 0, q);
  }

  /** Focal loss: {@code factor} times cross-entropy times (1−p_t)^focusing. */
  public static RowObjective focal(
      double focusing, double factor, @Nullable ClassWeights classWeights) {
    return new RowObjective(factor, 0, classWeights, focusing, 0, 0, 0);
  }

  /** Returns whether the target's term is n_t as it is, neither focused nor generalised. */
  public boolean hasPlainTargetTerm() {
    return focusing == 0 && generalization == 0;
  }

  /** Returns whether the loss looks at targets at all. */
  public boolean usesTargets() {
    return crossEntropy != 0 || targetEntropy != 0;
  }

  /** Returns the kinds of targets that every term has a meaning for. */
  public Set<TargetKind> targetKinds() {
    if (!usesTargets()) {
      return Set.of(TargetKind.NONE);
    }
    Set<TargetKind> kinds = EnumSet.of(TargetKind.CLASSES, TargetKind.PROBABILITIES);
    if (focusing != 0 || generalization != 0) {
      kinds.remove(TargetKind.PROBABILITIES);
    }
    if (targetEntropy != 0) {
      kinds.remove(TargetKind.CLASSES);
    }
    return kinds;
  }

  /** Returns the weight of a class: 1 where there are no class weights. */
  public double classWeight(int classIndex) {
    return classWeights == null ? 1 : classWeights.at(classIndex);
  }

  /** Returns the sum of the class weights: the number of classes where there are none. */
  public double classWeightSum(int classes) {
    return classWeights == null ? classes : classWeights.sum();
  }
}
