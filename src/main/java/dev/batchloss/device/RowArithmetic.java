package dev.batchloss.device;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.spi.RowRequest;

/** What a device that has doubles computes the rows of a call in. */
public final class RowArithmetic {
  /** Beyond these a scale is no ordinary float. */
  private static final double LEAST_FLOAT_SCALE = 1e-30;

  private static final double GREATEST_FLOAT_SCALE = 1e30;

  private RowArithmetic() {}

  /** Returns FLOAT64 where floats do not hold the bounds, else FLOAT32. */
  public static ElementType of(RowRequest<?> request) {
    boolean hasDoubles =
        request.input().type() == ElementType.FLOAT64
            || switch (request.targets()) {
              case ProbabilityTargets soft -> soft.probabilities().type() == ElementType.FLOAT64;
              case ValueTargets compared -> compared.values().type() == ElementType.FLOAT64;
              case ClassTargets _ -> false;
              case null -> false;
            };
    return !hasDoubles && isPreciseInFloat(request.plan())
        ? ElementType.FLOAT32
        : ElementType.FLOAT64;
  }

  /** Likewise, of a row plan with class targets. */
  public static ElementType of(InputTransform transform, ElementType input) {
    return input == ElementType.FLOAT64 || !isPreciseInFloat(transform)
        ? ElementType.FLOAT64
        : ElementType.FLOAT32;
  }

  private static boolean isPreciseInFloat(Plan plan) {
    return switch (plan) {
      case RowPlan rows -> isPreciseInFloat(rows.input());
      case ElementPlan elements -> isPreciseInFloat(elements.function());
      case PairPlan pair -> pair.function().isOfDistributions() && isFloatScale(pair.logitScale());
    };
  }

  private static boolean isPreciseInFloat(InputTransform transform) {
    return transform.kind() == InputKind.LOGITS
        && !transform.hasSoftcap()
        && isFloatScale(transform.logitScale());
  }

  /**
   * Not near 0 and 1, where probabilities are clipped, nor where large terms nearly cancel out, as
   * those of the Poisson loss do.
   */
  private static boolean isPreciseInFloat(ElementFunction function) {
    return switch (function.kind()) {
      case BINARY_CROSS_ENTROPY,
          BINARY_FOCAL,
          KL_DIVERGENCE_PROBABILITIES,
          POISSON,
          POISSON_LOGARITHMIC ->
          false;
      case BINARY_FOCAL_LOGITS -> !function.hasClip();
      default -> true;
    };
  }

  private static boolean isFloatScale(double scale) {
    return scale >= LEAST_FLOAT_SCALE && scale <= GREATEST_FLOAT_SCALE;
  }
}
