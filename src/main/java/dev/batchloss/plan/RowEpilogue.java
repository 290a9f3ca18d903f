package dev.batchloss.plan;

import dev.batchloss.data.Matrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * φ: turns the statistics of a batch of rows into losses, and into the row's scalars of the
 * gradient
 *
 * <pre>
 *   dL/dz_c = p_c·(u + e·(z_c−shift)) − r·[c = t] − k·w_c − h·w_c·q_c
 * </pre>
 *
 * with sample weight, upstream and denominator in them. The terms are those of {@link
 * RowObjective}. Immutable; shared by all workers of a call.
 */
public final class RowEpilogue {
  private final RowPlan plan;
  private final RowObjective objective;
  private final TargetKind targets;
  private final RowNeeds needs;
  private final int classes;
  private final double targetShare;
  private final double smoothingShare;
  private final double classWeightSum;
  private final double scale;
  private final @Nullable Matrix rowUpstream;
  private final boolean isPlainCrossEntropy;

  /**
   * Prepares φ for one call.
   *
   * @param plan the loss
   * @param targets the kind of targets
   * @param needs which statistics are filled
   * @param classes the number of classes
   * @param scale upstream over denominator: what every gradient is multiplied by
   * @param rowUpstream one more factor a row (rows × 1), or null
   */
  public RowEpilogue(
      RowPlan plan,
      TargetKind targets,
      RowNeeds needs,
      int classes,
      double scale,
      @Nullable Matrix rowUpstream) {
    this.plan = plan;
    this.objective = plan.objective();
    this.targets = targets;
    this.needs = needs;
    this.classes = classes;
    this.targetShare = objective.crossEntropy() * (1 - objective.labelSmoothing());
    this.smoothingShare =
        needs.classMoment() ? objective.crossEntropy() * objective.labelSmoothing() / classes : 0;
    this.classWeightSum = objective.classWeightSum(classes);
    this.scale = scale;
    this.rowUpstream = rowUpstream;
    this.isPlainCrossEntropy =
        targets == TargetKind.CLASSES
            && targetShare == 1
            && smoothingShare == 0
            && objective.hasPlainTargetTerm()
            && objective.classWeights() == null
            && objective.zLoss() == 0
            && objective.entropy() == 0
            && objective.targetEntropy() == 0;
  }

  /** Fills the columns {@code loss} and {@code nll}. */
  public void losses(RowStatistics rows) {
    if (isPlainCrossEntropy) {
      plainLosses(rows);
      return;
    }
    for (int i = 0; i < rows.size; i++) {
      if (rows.ignored[i]) {
        rows.loss[i] = 0;
        rows.nll[i] = 0;
      } else {
        rows.nll[i] = nll(rows, i);
        rows.loss[i] = rows.weight[i] * loss(rows, i);
      }
    }
  }

  /**
   * The same where the target's term is all there is: of short rows a good part of the time.
   * Without a branch the compiler turns the loop into vectors.
   */
  private void plainLosses(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      double nll = rows.logNormalizer[i] - rows.targetShifted[i];
      rows.nll[i] = nll;
      rows.loss[i] = rows.weight[i] * nll;
    }
    if (plan.ignoredClass() == null) {
      return;
    }
    for (int i = 0; i < rows.size; i++) {
      if (rows.ignored[i]) {
        rows.nll[i] = 0;
        rows.loss[i] = 0;
      }
    }
  }

  /** Fills the columns {@code u}, {@code e}, {@code r}, {@code k} and {@code h}. */
  public void gradients(RowStatistics rows) {
    if (isPlainCrossEntropy && plan.input().normalizesByLogSumExp() && rowUpstream == null) {
      plainGradients(rows);
      return;
    }
    for (int i = 0; i < rows.size; i++) {
      if (rows.ignored[i]) {
        rows.u[i] = 0;
        rows.e[i] = 0;
        rows.r[i] = 0;
        rows.k[i] = 0;
        rows.h[i] = 0;
      } else {
        double upstream = rowUpstream == null ? 1 : rowUpstream.get(rows.firstRow + i, 0);
        gradient(rows, i, scale * upstream * rows.weight[i]);
      }
    }
  }

  private void plainGradients(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      double factor = rows.ignored[i] ? 0 : scale * rows.weight[i];
      rows.u[i] = factor;
      rows.r[i] = factor;
    }
    Arrays.fill(rows.e, 0, rows.size, 0);
    Arrays.fill(rows.k, 0, rows.size, 0);
    Arrays.fill(rows.h, 0, rows.size, 0);
  }

  private double nll(RowStatistics rows, int i) {
    return switch (targets) {
      case NONE, VALUES -> 0;
      case CLASSES -> rows.logNormalizer[i] - rows.targetShifted[i];
      case PROBABILITIES ->
          needs.plainTargetMoment()
              ? rows.plainTargetMass[i] * rows.logNormalizer[i] - rows.plainTargetMoment[i]
              : rows.targetMass[i] * rows.logNormalizer[i] - rows.targetMoment[i];
    };
  }

  private double loss(RowStatistics rows, int i) {
    double logNormalizer = rows.logNormalizer[i];
    double loss = 0;
    if (targetShare != 0) {
      loss +=
          targetShare
              * (targets == TargetKind.CLASSES
                  ? objective.classWeight(rows.target[i]) * targetTerm(rows.nll[i])
                  : rows.targetMass[i] * logNormalizer - rows.targetMoment[i]);
    }
    if (smoothingShare != 0) {
      loss += smoothingShare * (classWeightSum * logNormalizer - rows.classMoment[i]);
    }
    if (objective.zLoss() != 0) {
      double lse = rows.logSumExp(i);
      loss += objective.zLoss() * lse * lse;
    }
    if (objective.entropy() != 0) {
      loss += objective.entropy() * rows.entropy(i);
    }
    if (objective.targetEntropy() != 0) {
      loss += objective.targetEntropy() * rows.targetNegentropy[i];
    }
    return loss;
  }

  private void gradient(RowStatistics rows, int i, double factor) {
    double u = 0;
    double e = 0;
    double r = 0;
    double h = 0;
    boolean normalized = plan.input().normalizesByLogSumExp();
    if (targetShare != 0) {
      if (targets == TargetKind.CLASSES) {
        r = targetShare * objective.classWeight(rows.target[i]) * targetSlope(rows.nll[i]);
        u += normalized ? r : 0;
      } else {
        h = targetShare;
        u += normalized ? h * rows.targetMass[i] : 0;
      }
    }
    if (smoothingShare != 0 && normalized) {
      u += smoothingShare * classWeightSum;
    }
    if (objective.zLoss() != 0) {
      u += 2 * objective.zLoss() * rows.logSumExp(i);
    }
    if (objective.entropy() != 0) {
      // dH/dz_c = −p_c·(log p_c + H) under softmax, −p_c·(log p_c + 1) where z_c is log p_c.
      double offset = normalized ? rows.entropy(i) - rows.logNormalizer[i] : 1;
      u -= objective.entropy() * offset;
      e -= objective.entropy();
    }
    rows.u[i] = factor * u;
    rows.e[i] = factor * e;
    rows.r[i] = factor * r;
    rows.k[i] = factor * smoothingShare;
    rows.h[i] = factor * h;
  }

  /** (1−p)^γ·n or (1−p^q)/q, with p = e^−n. */
  private double targetTerm(double nll) {
    double q = objective.generalization();
    if (q != 0) {
      return -StrictMath.expm1(-q * nll) / q;
    }
    double focusing = objective.focusing();
    return focusing == 0 ? nll : StrictMath.pow(missing(nll), focusing) * nll;
  }

  /** The derivative of {@link #targetTerm} with respect to n. */
  private double targetSlope(double nll) {
    double q = objective.generalization();
    if (q != 0) {
      return StrictMath.exp(-q * nll);
    }
    double focusing = objective.focusing();
    if (focusing == 0) {
      return 1;
    }
    if (nll <= 0) {
      return 0;
    }
    double missing = missing(nll);
    double probability = StrictMath.exp(-nll);
    // At p = 0 the second term is p·log p.
    return StrictMath.pow(missing, focusing)
        + (probability == 0
            ? 0
            : focusing * StrictMath.pow(missing, focusing - 1) * probability * nll);
  }

  /** 1 − p, not below 0 where rounding left p above 1. */
  private static double missing(double nll) {
    return Math.max(0, -StrictMath.expm1(-nll));
  }

  /** Returns what multiplies the target's term: crossEntropy·(1−ε). */
  public double targetShare() {
    return targetShare;
  }

  /** Returns what multiplies each class's term: crossEntropy·ε/C, 0 if nothing is smoothed. */
  public double smoothingShare() {
    return smoothingShare;
  }

  /** Returns Σ w_c. */
  public double classWeightSum() {
    return classWeightSum;
  }

  /** Returns the number of classes φ was prepared for. */
  public int classes() {
    return classes;
  }
}
