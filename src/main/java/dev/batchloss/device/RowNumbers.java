package dev.batchloss.device;

import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowNeeds;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetKind;
import java.util.List;

/** The numbers of a plan that row kernels take. */
public final class RowNumbers {
  private RowNumbers() {}

  /**
   * Returns them in their order: what multiplies distances from the shift, the logit scale, the
   * softcap, its slope, the bounds of clipping, the shares of the target and of smoothing, the sum
   * of the class weights, the factors of z-loss and entropy, focusing's exponent (less than 0 the
   * generalisation's instead), and what multiplies every gradient that has no factor of its own.
   */
  public static List<Double> of(
      RowPlan plan, TargetKind targets, RowNeeds needs, int classes, double gradientScale) {
    InputTransform transform = plan.input();
    RowObjective objective = plan.objective();
    RowEpilogue epilogue = new RowEpilogue(plan, targets, needs, classes, gradientScale, null);
    boolean isCapped = transform.hasSoftcap();
    return List.of(
        isCapped ? 1 : transform.logitScale(),
        transform.logitScale(),
        isCapped ? transform.softcap() : 1,
        isCapped ? transform.logitScale() / transform.softcap() : 1,
        transform.clipLow(),
        transform.clipHigh(),
        epilogue.targetShare(),
        epilogue.smoothingShare(),
        epilogue.classWeightSum(),
        objective.zLoss(),
        objective.entropy(),
        objective.generalization() == 0 ? objective.focusing() : -objective.generalization(),
        gradientScale);
  }
}
