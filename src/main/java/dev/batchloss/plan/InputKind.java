package dev.batchloss.plan;

/** What the numbers of the input matrix are. */
public enum InputKind {
  /** Unnormalised scores: the softmax is part of the loss. */
  LOGITS,
  /** Logarithms of probabilities, taken as they are. */
  LOG_PROBABILITIES,
  /** Probabilities, normalised and clipped only as the plan says. */
  PROBABILITIES
}
