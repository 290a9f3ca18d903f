package dev.batchloss.loss;

/** The numbers that stand for the two classes of a margin loss. */
public enum BinaryLabels {
  /** −1 and 1: the target as the loss takes it. */
  MINUS_ONE_AND_ONE,
  /** 0 and 1: a target y is taken as 2·y − 1. */
  ZERO_AND_ONE
}
