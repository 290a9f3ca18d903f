package dev.batchloss.plan;

/**
 * What a pair plan compares of a row x of the input and the row y of target values beside it. With
 * p = softmax(s·x), q = softmax(s·y), s the plan's logitScale, m = ½(p + q):
 */
public enum PairFunction {
  /** KL(q ‖ p) = Σ q_c·(ln q_c − ln p_c), the target's view (Kullback, Leibler 1951). */
  FORWARD_KL,
  /** KL(p ‖ q) = Σ p_c·(ln p_c − ln q_c), the prediction's view. */
  REVERSE_KL,
  /** ½·KL(p ‖ m) + ½·KL(q ‖ m) (Lin 1991). */
  JENSEN_SHANNON,
  /** −Σ x_c·y_c / (max(‖x‖, epsilon)·max(‖y‖, epsilon)). */
  COSINE_SIMILARITY,
  /** max(0, 1 + max (1−y_c)·x_c − Σ y_c·x_c). */
  CATEGORICAL_HINGE;

  /** Returns whether both rows are logits, of which softmax is taken. */
  public boolean isOfDistributions() {
    return this == FORWARD_KL || this == REVERSE_KL || this == JENSEN_SHANNON;
  }
}
