package dev.batchloss.plan;

/** When a row of probabilities is divided by its sum. */
public enum Normalization {
  /** Never: the row is used as it is. */
  NONE,
  /** Before clipping, as Keras does. */
  BEFORE_CLIP,
  /** After clipping, as scikit-learn before 1.5 does. */
  AFTER_CLIP
}
