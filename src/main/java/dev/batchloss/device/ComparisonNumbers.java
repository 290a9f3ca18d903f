package dev.batchloss.device;

import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.util.List;

/** The numbers of a plan that kernels of elements or of pairs take. */
public final class ComparisonNumbers {
  private ComparisonNumbers() {}

  /**
   * Returns those of an element plan in their order: what a target value is multiplied by and what
   * is added to it, 1 where 0·∞ is 0 and 0 where it is NaN, then as {@link ElementFunction} has
   * them clipLow, clipHigh, logFloor, slopeFloor, alpha, gamma, delta, factor, epsilon and
   * targetTerm, and at last what multiplies every output that has no factor of its own.
   */
  public static List<Double> of(ElementPlan plan, double outputScale) {
    ElementFunction function = plan.function();
    return List.of(
        plan.targetScale(),
        plan.targetOffset(),
        plan.zeroTimesInfinity() == ZeroTimesInfinity.ZERO ? 1.0 : 0.0,
        function.clipLow(),
        function.clipHigh(),
        function.logFloor(),
        function.slopeFloor(),
        function.alpha(),
        function.gamma(),
        function.delta(),
        function.factor(),
        function.epsilon(),
        function.targetTerm(),
        outputScale);
  }

  /**
   * Returns those of a pair plan in their order: the logit scale, the least norm, and what
   * multiplies every gradient that has no factor of its own.
   */
  public static List<Double> of(PairPlan plan, double outputScale) {
    return List.of(plan.logitScale(), plan.epsilon(), outputScale);
  }
}
