package dev.batchloss.conformance;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.PairPlan;
import java.util.function.DoubleUnaryOperator;

/**
 * The losses that compare two matrices, naively from their definitions, in double. Derivatives are
 * differences of values.
 */
final class ComparisonOracle {
  private static final double STEP = 1e-4;

  private ComparisonOracle() {}

  /** f(x, y) for a target that has not been scaled. */
  static double element(ElementPlan plan, double x, double target, int c) {
    ElementFunction f = plan.function();
    double y = plan.targetScale() * target + plan.targetOffset();
    double w = plan.positiveWeights() == null ? 1 : plan.positiveWeights().at(c);
    double d = x - y;
    return switch (f.kind()) {
      case BINARY_CROSS_ENTROPY_LOGITS ->
          times(w * y, Math.log1p(Math.exp(-x))) + times(1 - y, Math.log1p(Math.exp(x)));
      case BINARY_CROSS_ENTROPY -> binary(f, clip(f, x), y, w);
      case BINARY_FOCAL_LOGITS -> focal(f, 1 / (1 + Math.exp(-x)), y);
      case BINARY_FOCAL -> focal(f, x, y);
      case KL_DIVERGENCE -> y == 0 ? times(-y, x) : y * Math.log(y) - y * x;
      case KL_DIVERGENCE_LOG_TARGETS -> times(Math.exp(y), y - x);
      case KL_DIVERGENCE_PROBABILITIES ->
          times(clip(f, y), Math.log(clip(f, y)) - Math.log(clip(f, x)));
      case SQUARED_ERROR -> d * d;
      case ABSOLUTE_ERROR -> Math.abs(d);
      case ABSOLUTE_PERCENTAGE_ERROR -> 100 * Math.abs(d / Math.max(f.epsilon(), Math.abs(y)));
      case SQUARED_LOGARITHMIC_ERROR ->
          Math.pow(
              Math.log(1 + Math.max(x, f.epsilon())) - Math.log(1 + Math.max(y, f.epsilon())), 2);
      case HUBER ->
          f.factor()
              * (Math.abs(d) <= f.delta()
                  ? d * d / 2
                  : f.delta() * Math.abs(d) - f.delta() * f.delta() / 2);
      case LOG_COSH -> Math.log(Math.cosh(d));
      case POISSON -> x - times(y, Math.log(x + f.epsilon())) + f.targetTerm() * stirling(y);
      case POISSON_LOGARITHMIC -> Math.exp(x) - times(y, x) + f.targetTerm() * stirling(y);
      case HINGE -> Math.max(0, 1 - y * x);
      case SQUARED_HINGE -> Math.pow(Math.max(0, 1 - y * x), 2);
    };
  }

  static double elementSlope(ElementPlan plan, double x, double target, int c) {
    return slope(at -> element(plan, at, target, c), x);
  }

  /** The loss of a row, its factor included. */
  static double pair(PairPlan plan, double[] x, double[] y) {
    return plan.factor()
        * switch (plan.function()) {
          case FORWARD_KL -> divergence(softmax(plan, y), softmax(plan, x));
          case REVERSE_KL -> divergence(softmax(plan, x), softmax(plan, y));
          case JENSEN_SHANNON -> {
            double[] p = softmax(plan, x);
            double[] q = softmax(plan, y);
            double[] m = new double[p.length];
            for (int c = 0; c < m.length; c++) {
              m[c] = (p[c] + q[c]) / 2;
            }
            yield (divergence(p, m) + divergence(q, m)) / 2;
          }
          case COSINE_SIMILARITY ->
              -dot(x, y)
                  / (Math.max(Math.sqrt(dot(x, x)), plan.epsilon())
                      * Math.max(Math.sqrt(dot(y, y)), plan.epsilon()));
          case CATEGORICAL_HINGE -> {
            double negative = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < x.length; c++) {
              negative = Math.max(negative, (1 - y[c]) * x[c]);
            }
            yield Math.max(0, 1 + negative - dot(x, y));
          }
        };
  }

  static double pairSlope(PairPlan plan, double[] x, double[] y, int c) {
    double[] moved = x.clone();
    return slope(
        at -> {
          moved[c] = at;
          return pair(plan, moved, y);
        },
        x[c]);
  }

  /** The difference over five points: its error is of the fourth order of the step. */
  private static double slope(DoubleUnaryOperator f, double x) {
    double near = f.applyAsDouble(x + STEP) - f.applyAsDouble(x - STEP);
    double far = f.applyAsDouble(x + 2 * STEP) - f.applyAsDouble(x - 2 * STEP);
    return (8 * near - far) / (12 * STEP);
  }

  private static double binary(ElementFunction f, double p, double y, double w) {
    return times(-w * y, Math.max(f.logFloor(), Math.log(p)))
        + times(y - 1, Math.max(f.logFloor(), Math.log1p(-p)));
  }

  private static double focal(ElementFunction f, double p, double y) {
    double alpha = f.alpha();
    double balance = Double.isNaN(alpha) ? 1 : alpha * y + (1 - alpha) * (1 - y);
    double hit = y * p + (1 - y) * (1 - p);
    return balance * Math.pow(1 - hit, f.gamma()) * binary(f, clip(f, p), y, 1);
  }

  private static double clip(ElementFunction f, double p) {
    return Math.min(f.clipHigh(), Math.max(f.clipLow(), p));
  }

  private static double stirling(double y) {
    return y > 1 ? y * Math.log(y) - y + Math.log(2 * Math.PI * y) / 2 : 0;
  }

  private static double[] softmax(PairPlan plan, double[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double[] p = new double[logits.length];
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < p.length; c++) {
      p[c] = Math.exp(plan.logitScale() * (logits[c] - greatest));
      sum.add(p[c]);
    }
    for (int c = 0; c < p.length; c++) {
      p[c] /= sum.value();
    }
    return p;
  }

  private static double divergence(double[] of, double[] from) {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < of.length; c++) {
      sum.add(times(of[c], Math.log(of[c]) - Math.log(from[c])));
    }
    return sum.value();
  }

  private static double dot(double[] a, double[] b) {
    CompensatedSum sum = new CompensatedSum();
    for (int c = 0; c < a.length; c++) {
      sum.add(a[c] * b[c]);
    }
    return sum.value();
  }

  private static double times(double coefficient, double value) {
    return coefficient == 0 ? 0 : coefficient * value;
  }
}
