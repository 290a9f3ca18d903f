package dev.batchloss.plan;

import java.util.Set;

/**
 * A loss of two matrices of one shape, input and target values: a row has one loss, which a backend
 * returns without sample weight and before {@link #rowFactor}.
 */
public sealed interface ComparisonPlan extends Plan permits ElementPlan, PairPlan {
  @Override
  default Set<TargetKind> targetKinds() {
    return Set.of(TargetKind.VALUES);
  }

  /** Returns what makes the loss of a row of what a backend adds up. */
  double rowFactor(int classes);

  /** Returns what is checked of the input. */
  ValueCheck inputCheck();

  /** Returns what is checked of the target values. */
  ValueCheck targetCheck();

  /** Returns what a coefficient of 0 makes of an infinite term. */
  ZeroTimesInfinity zeroTimesInfinity();
}
