package dev.batchloss.plan;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A loss lowered to data that a backend can run. */
public sealed interface Plan permits RowPlan, ComparisonPlan {
  /** Returns how the row losses become one number; fixes the gradient's scale. */
  Reduction reduction();

  /** Returns the kinds of targets it takes: NONE alone for a loss that takes none. */
  Set<TargetKind> targetKinds();

  /** Returns the class target that hides a row, or null if there is none. */
  default @Nullable Long ignoredClass() {
    return null;
  }

  /** Returns the class weights that count in the denominator of MEAN, or null if there are none. */
  default @Nullable ClassWeights targetWeights() {
    return null;
  }
}
