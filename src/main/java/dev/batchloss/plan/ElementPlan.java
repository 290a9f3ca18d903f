package dev.batchloss.plan;

import java.io.Serializable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A loss whose elements know nothing of each other: element c of a row contributes its weight times
 * f(x_c, y_c), with y_c = targetScale·target_c + targetOffset.
 *
 * @param function f
 * @param positiveWeights one factor a class for what f makes of y, or null for ones; binary
 *     cross-entropy only
 * @param targetScale multiplies a target value
 * @param targetOffset is added to it then
 * @param classReduction how the elements of a row become its loss
 * @param reduction how the row losses become one number
 * @param inputCheck what is checked of the input
 * @param targetCheck what is checked of the target values, before they are scaled
 * @param zeroTimesInfinity what a coefficient of 0 makes of an infinite term
 */
public record ElementPlan(
    ElementFunction function,
    @Nullable ClassWeights positiveWeights,
    double targetScale,
    double targetOffset,
    ClassReduction classReduction,
    Reduction reduction,
    ValueCheck inputCheck,
    ValueCheck targetCheck,
    ZeroTimesInfinity zeroTimesInfinity)
    implements ComparisonPlan, Serializable {

  /** Checks that everything is there. */
  public ElementPlan {
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(classReduction, "classReduction");
    Objects.requireNonNull(reduction, "reduction");
    Objects.requireNonNull(inputCheck, "inputCheck");
    Objects.requireNonNull(targetCheck, "targetCheck");
    Objects.requireNonNull(zeroTimesInfinity, "zeroTimesInfinity");
  }

  /** The same with every target value scaled and then moved. */
  public ElementPlan withTargets(double scale, double offset) {
    return new ElementPlan(
        function,
        positiveWeights,
        scale,
        offset,
        classReduction,
        reduction,
        inputCheck,
        targetCheck,
        zeroTimesInfinity);
  }

  /** The same with other positive weights, null for ones. */
  public ElementPlan withPositiveWeights(@Nullable ClassWeights weights) {
    return new ElementPlan(
        function,
        weights,
        targetScale,
        targetOffset,
        classReduction,
        reduction,
        inputCheck,
        targetCheck,
        zeroTimesInfinity);
  }

  /** The same with other checks. */
  public ElementPlan checking(ValueCheck ofInput, ValueCheck ofTargets) {
    return new ElementPlan(
        function,
        positiveWeights,
        targetScale,
        targetOffset,
        classReduction,
        reduction,
        ofInput,
        ofTargets,
        zeroTimesInfinity);
  }

  @Override
  public double rowFactor(int classes) {
    return classReduction == ClassReduction.MEAN ? 1.0 / classes : 1;
  }

  /** Returns the weight of y in a class: 1 where there are no positive weights. */
  public double positiveWeight(int classIndex) {
    return positiveWeights == null ? 1 : positiveWeights.at(classIndex);
  }
}
