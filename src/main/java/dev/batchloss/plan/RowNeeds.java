package dev.batchloss.plan;

import java.util.Set;

/**
 * Which statistics of a row one call needs: what its loss is made of, what was asked for besides,
 * and what the output matrix takes. Derived once and the same for every backend.
 *
 * @param logSumExp Σ e^(z−shift); without it the row need not be read at all
 * @param target z of the target class, relative to the shift
 * @param classMoment Σ w_c·(z_c−shift), for label smoothing
 * @param targetMoment Σ w_c·q_c·(z_c−shift) and Σ w_c·q_c, for probability targets
 * @param plainTargetMoment the same without class weights, where they differ
 * @param targetNegentropy Σ w_c·q_c·log q_c
 * @param entropyMoment Σ e^(z_c−shift)·(z_c−shift)
 * @param squares Σ e^(2(z_c−shift)), and with probability targets Σ q_c·e^(z_c−shift) and Σ q_c²
 * @param maximum the greatest z
 * @param argmax the first class at the maximum, and with probability targets that of the targets
 * @param rank the target's place
 */
public record RowNeeds(
    boolean logSumExp,
    boolean target,
    boolean classMoment,
    boolean targetMoment,
    boolean plainTargetMoment,
    boolean targetNegentropy,
    boolean entropyMoment,
    boolean squares,
    boolean maximum,
    boolean argmax,
    boolean rank) {

  /**
   * Derives the needs of one call.
   *
   * @param plan the loss
   * @param targets what the rows are held against
   * @param asked what the metrics take
   * @param output what the second pass writes
   */
  public static RowNeeds of(
      RowPlan plan, TargetKind targets, Set<RowStatistic> asked, MatrixOutput output) {
    RowObjective objective = plan.objective();
    boolean soft = targets == TargetKind.PROBABILITIES;
    boolean nll = asked.contains(RowStatistic.NLL);
    boolean entropy = objective.entropy() != 0 || asked.contains(RowStatistic.ENTROPY);
    boolean squares = asked.contains(RowStatistic.SQUARES);
    boolean maximum = asked.contains(RowStatistic.MAXIMUM);
    boolean argmax = asked.contains(RowStatistic.ARGMAX);
    boolean rank = asked.contains(RowStatistic.RANK);
    boolean sumForMetrics =
        entropy || squares || maximum || argmax || rank || asked.contains(RowStatistic.LOG_SUM_EXP);
    return new RowNeeds(
        plan.input().kind() != InputKind.LOG_PROBABILITIES
            || sumForMetrics
            || output == MatrixOutput.LOG_SOFTMAX
            || output == MatrixOutput.SOFTMAX,
        targets == TargetKind.CLASSES,
        objective.crossEntropy() != 0 && objective.labelSmoothing() != 0,
        soft && (objective.usesTargets() || nll),
        soft && nll && objective.classWeights() != null,
        soft && objective.targetEntropy() != 0,
        entropy,
        squares,
        maximum || argmax,
        argmax,
        rank);
  }
}
