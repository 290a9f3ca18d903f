package dev.batchloss.conformance;

import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.Normalization;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import java.util.Arrays;

/**
 * The loss of one row of any plan, term by term as {@link RowObjective} states it, for moderate
 * numbers: nothing is shifted. Its gradient is taken by differences.
 */
final class PlanFormula {
  private final InputTransform transform;
  private final RowObjective objective;
  private final int target;
  private final double[] q;

  /**
   * Names the row's target.
   *
   * @param target the class; negative if there is none
   * @param q the distribution; empty if there is none
   */
  PlanFormula(RowPlan plan, int target, double[] q) {
    this.transform = plan.input();
    this.objective = plan.objective();
    this.target = target;
    this.q = q;
  }

  double loss(double[] x) {
    double[] p = probabilities(x);
    int classes = x.length;
    double loss = 0;
    double smoothed = 0;
    for (int c = 0; c < classes; c++) {
      double w = objective.classWeight(c);
      double nll = -Math.log(p[c]);
      double share = objective.crossEntropy() * (1 - objective.labelSmoothing()) * w;
      if (c == target) {
        double q = objective.generalization();
        double term = q == 0 ? nll : (1 - Math.pow(p[c], q)) / q;
        loss += share * Math.pow(1 - p[c], objective.focusing()) * term;
      }
      if (q.length > 0) {
        loss += share * q[c] * nll;
        loss += q[c] == 0 ? 0 : objective.targetEntropy() * w * q[c] * Math.log(q[c]);
      }
      smoothed += w * nll;
      loss += objective.entropy() * p[c] * nll;
    }
    loss += objective.crossEntropy() * objective.labelSmoothing() / classes * smoothed;
    double lse = transform.kind() == InputKind.LOGITS ? logSumExp(x) : 0;
    return loss + objective.zLoss() * lse * lse;
  }

  /** The probabilities as the loss sees them: normalised and clipped. */
  double[] probabilities(double[] x) {
    return switch (transform.kind()) {
      case LOGITS -> normalized(Arrays.stream(x).map(v -> Math.exp(logit(v))).toArray());
      case LOG_PROBABILITIES -> Arrays.stream(x).map(Math::exp).toArray();
      case PROBABILITIES ->
          switch (transform.normalization()) {
            case Normalization.NONE -> clipped(x);
            case Normalization.BEFORE_CLIP -> clipped(normalized(x));
            case Normalization.AFTER_CLIP -> normalized(clipped(x));
          };
    };
  }

  /** Four-point central differences: the error is of the order of step⁴. */
  double[] gradient(double[] x) {
    double step = 1e-4;
    double[] gradient = new double[x.length];
    double[] moved = x.clone();
    for (int c = 0; c < x.length; c++) {
      double size = transform.kind() == InputKind.PROBABILITIES ? step * x[c] : step;
      double near = difference(moved, c, size);
      double far = difference(moved, c, 2 * size);
      gradient[c] = (8 * near - far) / (12 * size);
    }
    return gradient;
  }

  /** Whether a difference would reach over the edge of clipping, where there is no slope. */
  boolean isAtTheEdgeOfClipping(double[] x) {
    boolean first = transform.normalization() == Normalization.BEFORE_CLIP;
    return Arrays.stream(first ? normalized(x) : x)
        .anyMatch(p -> isNear(p, transform.clipLow()) || isNear(p, transform.clipHigh()));
  }

  private static boolean isNear(double p, double edge) {
    return Math.abs(p - edge) < 1e-3 * edge && Double.isFinite(edge);
  }

  private double difference(double[] x, int c, double size) {
    double middle = x[c];
    x[c] = middle + size;
    double above = loss(x);
    x[c] = middle - size;
    double below = loss(x);
    x[c] = middle;
    return above - below;
  }

  private double logSumExp(double[] x) {
    return Math.log(Arrays.stream(x).map(v -> Math.exp(logit(v))).sum());
  }

  private double logit(double x) {
    double scaled = transform.logitScale() * x;
    return Double.isInfinite(transform.softcap())
        ? scaled
        : transform.softcap() * Math.tanh(scaled / transform.softcap());
  }

  private double[] clipped(double[] p) {
    return Arrays.stream(p)
        .map(v -> Math.min(Math.max(v, transform.clipLow()), transform.clipHigh()))
        .toArray();
  }

  private static double[] normalized(double[] p) {
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(v -> v / sum).toArray();
  }
}
