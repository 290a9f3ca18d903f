package dev.batchloss.cpu;

import dev.batchloss.plan.PairFunction;
import dev.batchloss.plan.PairPlan;

/** What is known of a row of each of two matrices, and of both together. */
final class PairRow {
  final PairFunction function;
  final double scale;
  private final double epsilon;
  private boolean isRead;

  /** The greatest of each; as far as they have been seen. */
  double xMaximum;

  double yMaximum;

  /** Σ e^(s·(x−max)), later its logarithm. */
  double xSum;

  double ySum;

  /** What the comparison adds up: one sum, or the two halves of a symmetric one. */
  double xPart;

  double yPart;

  /** Of cosine: Σ xy, Σ x², Σ y². */
  double product;

  double xSquares;
  double ySquares;

  /** The class of the greatest (1−y)·x. */
  int greatest;

  /** The loss. */
  double value;

  PairRow(PairPlan plan) {
    this.function = plan.function();
    this.scale = plan.logitScale();
    this.epsilon = plan.epsilon();
  }

  void reset() {
    isRead = false;
    xMaximum = Double.NEGATIVE_INFINITY;
    yMaximum = Double.NEGATIVE_INFINITY;
    xSum = 0;
    ySum = 0;
    xPart = 0;
    yPart = 0;
    product = 0;
    xSquares = 0;
    ySquares = 0;
    greatest = 0;
  }

  boolean isNew() {
    return !isRead;
  }

  void markRead() {
    isRead = true;
  }

  /** From the sums of exponentials to their logarithms. */
  void normalize() {
    xSum = Math.log(xSum);
    ySum = Math.log(ySum);
  }

  /** The loss of the row before its factor. */
  double finish() {
    value =
        switch (function) {
          case FORWARD_KL -> yPart;
          case REVERSE_KL -> xPart;
          case JENSEN_SHANNON -> 0.5 * xPart + 0.5 * yPart;
          case COSINE_SIMILARITY -> -product / norms();
          case CATEGORICAL_HINGE -> Math.max(0, 1 + (xMaximum - product));
        };
    return value;
  }

  double norms() {
    return Math.max(Math.sqrt(xSquares), epsilon) * Math.max(Math.sqrt(ySquares), epsilon);
  }

  /** What multiplies x_c in the derivative of the cosine; 0 where the norm is a constant. */
  double radialSlope() {
    return Math.sqrt(xSquares) > epsilon ? -value / xSquares : 0;
  }
}
