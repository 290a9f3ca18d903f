package dev.batchloss.scalar;

import dev.batchloss.plan.PairPlan;

/** The loss of a row of a pair plan before its factor, and its derivative, in double. */
final class PairFormula {
  private final PairPlan plan;
  private final int classes;

  /** The row of the input. */
  final double[] x;

  /** The row of target values. */
  final double[] y;

  private final double[] p;
  private final double[] q;
  private final double[] logP;
  private final double[] logQ;
  private double value;
  private double divergenceOfP;
  private int greatest;
  private double xNorm;
  private double yNorm;

  PairFormula(PairPlan plan, int classes) {
    this.plan = plan;
    this.classes = classes;
    this.x = new double[classes];
    this.y = new double[classes];
    this.p = new double[classes];
    this.q = new double[classes];
    this.logP = new double[classes];
    this.logQ = new double[classes];
  }

  /** The loss of the rows that {@link #x} and {@link #y} hold now. */
  double value() {
    if (plan.function().isOfDistributions()) {
      softmax(x, p, logP);
      softmax(y, q, logQ);
    }
    value =
        switch (plan.function()) {
          case FORWARD_KL -> divergence(q, logQ, logP);
          case REVERSE_KL -> divergence(p, logP, logQ);
          case JENSEN_SHANNON -> {
            divergenceOfP = toMiddle(p, logP, logQ);
            yield 0.5 * divergenceOfP + 0.5 * toMiddle(q, logQ, logP);
          }
          case COSINE_SIMILARITY -> negativeCosine();
          case CATEGORICAL_HINGE -> Math.max(0, 1 + margin());
        };
    return value;
  }

  /** The derivative of the last value with respect to x_c. */
  double slope(int c) {
    double s = plan.logitScale();
    return switch (plan.function()) {
      case FORWARD_KL -> s * (p[c] - q[c]);
      case REVERSE_KL -> s * product(p[c], logP[c] - logQ[c] - value);
      case JENSEN_SHANNON ->
          s * 0.5 * product(p[c], logRatioToMiddle(logP[c], logQ[c]) - divergenceOfP);
      case COSINE_SIMILARITY -> cosineSlope(c);
      case CATEGORICAL_HINGE ->
          Double.isNaN(value) ? Double.NaN : value > 0 ? (c == greatest ? 1 - y[c] : 0) - y[c] : 0;
    };
  }

  /** Shifts before it scales, as the rows of one matrix do. */
  private void softmax(double[] logits, double[] probabilities, double[] logarithms) {
    double most = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      logarithms[c] = plan.logitScale() * (logits[c] - most);
      sum += StrictMath.exp(logarithms[c]);
    }
    double logSum = StrictMath.log(sum);
    for (int c = 0; c < classes; c++) {
      logarithms[c] -= logSum;
      probabilities[c] = StrictMath.exp(logarithms[c]);
    }
  }

  private double divergence(double[] of, double[] logOf, double[] logFrom) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += product(of[c], logOf[c] - logFrom[c]);
    }
    return sum;
  }

  /** KL(of ‖ ½(of + other)). */
  private double toMiddle(double[] of, double[] logOf, double[] logOther) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += product(of[c], logRatioToMiddle(logOf[c], logOther[c]));
    }
    return sum;
  }

  /** ln(p / ½(p + q)) = −ln((1 + q/p)/2), also where q/p is beyond all bounds. */
  private static double logRatioToMiddle(double logOf, double logOther) {
    double d = logOther - logOf;
    return StrictMath.log(2) - Math.max(d, 0) - StrictMath.log1p(StrictMath.exp(-Math.abs(d)));
  }

  private double negativeCosine() {
    double product = 0;
    double xSquares = 0;
    double ySquares = 0;
    for (int c = 0; c < classes; c++) {
      product += x[c] * y[c];
      xSquares += x[c] * x[c];
      ySquares += y[c] * y[c];
    }
    xNorm = Math.sqrt(xSquares);
    yNorm = Math.sqrt(ySquares);
    return -product / (atLeastEpsilon(xNorm) * atLeastEpsilon(yNorm));
  }

  /** Where the norm is below epsilon it is a constant. */
  private double cosineSlope(int c) {
    double direction = -y[c] / (atLeastEpsilon(xNorm) * atLeastEpsilon(yNorm));
    return xNorm > plan.epsilon() ? direction - value * x[c] / (xNorm * xNorm) : direction;
  }

  private double atLeastEpsilon(double norm) {
    return Math.max(norm, plan.epsilon());
  }

  private double margin() {
    double positive = 0;
    double negative = Double.NEGATIVE_INFINITY;
    greatest = 0;
    for (int c = 0; c < classes; c++) {
      positive += y[c] * x[c];
      double other = (1 - y[c]) * x[c];
      if (other > negative || Double.isNaN(other)) {
        negative = other;
        greatest = c;
      }
    }
    return negative - positive;
  }

  private static double product(double coefficient, double value) {
    return coefficient == 0 ? 0 : coefficient * value;
  }
}
