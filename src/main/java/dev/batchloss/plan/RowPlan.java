package dev.batchloss.plan;

import java.io.Serializable;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A loss of one matrix whose rows are distributions: everything a backend needs to know of it.
 *
 * @param input how an element becomes the z that the statistics are of
 * @param objective φ
 * @param reduction how the row losses become one number; fixes the gradient's scale
 * @param ignoredClass rows whose class target is this contribute nothing, or null
 * @param targetCheck what is checked of probability targets
 * @param zeroTimesInfinity what Σ w_c·q_c·(z_c−shift) takes of a class that has the probability 0
 *     where w_c·q_c is 0: nothing, or with NAN and without smoothing NaN
 */
public record RowPlan(
    InputTransform input,
    RowObjective objective,
    Reduction reduction,
    @Nullable Long ignoredClass,
    TargetCheck targetCheck,
    ZeroTimesInfinity zeroTimesInfinity)
    implements Plan, Serializable {

  /** A plan in which 0 times infinity is 0. */
  public RowPlan(
      InputTransform input,
      RowObjective objective,
      Reduction reduction,
      @Nullable Long ignoredClass,
      TargetCheck targetCheck) {
    this(input, objective, reduction, ignoredClass, targetCheck, ZeroTimesInfinity.ZERO);
  }

  /** What is checked of probability targets. */
  public enum TargetCheck {
    /** Every element lies in 0..1 (a rounding error above 1 is let through); NaN is refused. */
    UNIT_INTERVAL,
    /** Nothing: any number is taken, as PyTorch does. */
    NONE
  }

  /** Returns what 0 times infinity is in the target moments: smoothed, no target is 0 any more. */
  public ZeroTimesInfinity zeroTimesInfinityOfTargets() {
    return objective.labelSmoothing() == 0 ? zeroTimesInfinity : ZeroTimesInfinity.ZERO;
  }

  @Override
  public @Nullable ClassWeights targetWeights() {
    return objective.classWeights();
  }

  @Override
  public Set<TargetKind> targetKinds() {
    return objective.targetKinds();
  }

  /** Returns the class index that hides a row, if there is one. */
  public OptionalLong ignoreIndex() {
    return ignoredClass == null ? OptionalLong.empty() : OptionalLong.of(ignoredClass);
  }
}
