package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.InputTransform;
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
        request.targets() instanceof ProbabilityTargets soft
            && soft.probabilities().type() == ElementType.FLOAT64;
    return hasDoubles ? ElementType.FLOAT64 : of(request.rowPlan().input(), request.input().type());
  }

  /** Likewise, for class targets. */
  public static ElementType of(InputTransform transform, ElementType input) {
    return input == ElementType.FLOAT64 || !isPreciseInFloat(transform)
        ? ElementType.FLOAT64
        : ElementType.FLOAT32;
  }

  private static boolean isPreciseInFloat(InputTransform transform) {
    double scale = transform.logitScale();
    return transform.kind() == InputKind.LOGITS
        && !transform.hasSoftcap()
        && scale >= LEAST_FLOAT_SCALE
        && scale <= GREATEST_FLOAT_SCALE;
  }
}
