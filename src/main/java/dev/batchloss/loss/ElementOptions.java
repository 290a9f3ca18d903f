package dev.batchloss.loss;

import dev.batchloss.plan.ClassReduction;
import dev.batchloss.plan.ElementFunction;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.ValueCheck;
import dev.batchloss.plan.ZeroTimesInfinity;
import java.io.Serializable;
import java.util.Objects;

/**
 * What every loss of elements can be asked for.
 *
 * @param classReduction how the elements of a row become its loss
 * @param reduction how the row losses become one number
 * @param emptyMean what the mean over no row is
 * @param zeroTimesInfinity what a coefficient of 0 makes of an infinite term
 */
public record ElementOptions(
    ClassReduction classReduction,
    Reduction reduction,
    EmptyMean emptyMean,
    ZeroTimesInfinity zeroTimesInfinity)
    implements Serializable {

  /** Checks that everything is there. */
  public ElementOptions {
    Objects.requireNonNull(classReduction, "classReduction");
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(emptyMean, "emptyMean");
    Objects.requireNonNull(zeroTimesInfinity, "zeroTimesInfinity");
  }

  ElementOptions withReduction(Reduction other) {
    return new ElementOptions(classReduction, other, emptyMean, zeroTimesInfinity);
  }

  /** The plan of a function that takes any number as it is. */
  ElementPlan plan(ElementFunction function) {
    return new ElementPlan(
        function,
        null,
        1,
        0,
        classReduction,
        reduction,
        ValueCheck.NONE,
        ValueCheck.NONE,
        zeroTimesInfinity);
  }
}
