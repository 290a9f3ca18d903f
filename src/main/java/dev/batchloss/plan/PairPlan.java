package dev.batchloss.plan;

import java.io.Serializable;
import java.util.Objects;

/**
 * A loss that takes statistics of a row of each of two matrices and then compares the rows.
 *
 * @param function what is compared
 * @param logitScale s: multiplies the logits of both, an inverse temperature; 1 when not used
 * @param factor multiplies the loss of a row
 * @param epsilon the least norm; 0 when not used
 * @param reduction how the row losses become one number
 */
public record PairPlan(
    PairFunction function, double logitScale, double factor, double epsilon, Reduction reduction)
    implements ComparisonPlan, Serializable {

  /** Checks that everything is there. */
  public PairPlan {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(reduction, "reduction");
  }

  @Override
  public double rowFactor(int classes) {
    return factor;
  }

  @Override
  public ValueCheck inputCheck() {
    return ValueCheck.NONE;
  }

  @Override
  public ValueCheck targetCheck() {
    return ValueCheck.NONE;
  }

  @Override
  public ZeroTimesInfinity zeroTimesInfinity() {
    return ZeroTimesInfinity.ZERO;
  }
}
