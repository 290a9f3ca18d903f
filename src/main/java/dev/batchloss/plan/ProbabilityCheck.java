package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What {@link InputTransform#checksProbabilities} asks of an input of probabilities. */
public final class ProbabilityCheck {
  private ProbabilityCheck() {}

  /**
   * Checks one element.
   *
   * @throws InvalidDataException if it is NaN or outside 0..1
   */
  public static void requireProbability(long row, int classIndex, double value) {
    TargetScan.requireProbability("probability", row, classIndex, value);
  }

  /**
   * Checks the sum of a row.
   *
   * @throws InvalidDataException if it differs from 1 by more than the transform's tolerance and
   *     what rounding every element to {@code type} may come to
   */
  public static void requireSum(long row, double sum, InputTransform transform, ElementType type) {
    double tolerance = transform.sumTolerance() + rounding(type);
    if (!(Math.abs(sum - 1) <= tolerance)) {
      throw new InvalidDataException(
          "probabilities of row %d sum to %s, must be 1 within %s".formatted(row, sum, tolerance));
    }
  }

  /**
   * Checks all the probabilities that a call would else check on its way, the input's and the
   * targets': what is written over the input must not be written before.
   *
   * @param firstRow the first row of the call that is still to do
   * @throws InvalidDataException for the first bad row
   */
  public static void requireBeforeOverwriting(
      Plan anyPlan, Matrix input, @Nullable Targets targets, long firstRow) {
    if (anyPlan instanceof ComparisonPlan comparison && targets instanceof ValueTargets values) {
      requireValues(comparison, input, values.values(), firstRow);
    }
    if (!(anyPlan instanceof RowPlan plan)) {
      return;
    }
    requireInput(plan, input, targets, firstRow);
    if (plan.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL
        && targets instanceof ProbabilityTargets distributions) {
      TargetScan.requireProbabilities(distributions.probabilities(), firstRow);
    }
  }

  /**
   * Checks the elements of a row and then their sum, in double.
   *
   * @param row the row's number
   * @param classes the length of the row
   * @param probabilities the element of each class
   * @throws InvalidDataException if one of them is bad, or the sum
   */
  public static void requireRow(
      long row,
      int classes,
      IntToDoubleFunction probabilities,
      InputTransform transform,
      ElementType type) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      double probability = probabilities.applyAsDouble(c);
      requireProbability(row, c, probability);
      sum += probability;
    }
    requireSum(row, sum, transform, type);
  }

  /**
   * Checks one element of the input and of the target values, as far as the plan asks for it.
   *
   * @throws InvalidDataException for the first that is bad
   */
  public static void requireValues(
      ComparisonPlan plan, long row, int classIndex, double value, double target) {
    if (plan.inputCheck() == ValueCheck.UNIT_INTERVAL) {
      requireProbability(row, classIndex, value);
    }
    if (plan.targetCheck() == ValueCheck.UNIT_INTERVAL) {
      TargetScan.requireProbability("target", row, classIndex, target);
    }
  }

  private static void requireValues(
      ComparisonPlan plan, Matrix input, Matrix targets, long firstRow) {
    if (plan.inputCheck() == ValueCheck.NONE && plan.targetCheck() == ValueCheck.NONE) {
      return;
    }
    for (long row = firstRow; row < input.rows(); row++) {
      for (int c = 0; c < input.classes(); c++) {
        requireValues(plan, row, c, input.get(row, c), targets.get(row, c));
      }
    }
  }

  /** Checks the rows that are not ignored; does nothing where the plan checks nothing. */
  private static void requireInput(
      RowPlan plan, Matrix input, @Nullable Targets targets, long firstRow) {
    if (!plan.input().checksProbabilities()) {
      return;
    }
    for (long row = firstRow; row < input.rows(); row++) {
      if (targets instanceof ClassTargets indices
          && plan.ignoredClass() != null
          && indices.at(row) == plan.ignoredClass()) {
        continue;
      }
      long checked = row;
      requireRow(row, input.classes(), c -> input.get(checked, c), plan.input(), input.type());
    }
  }

  /**
   * The relative rounding error of the type: what the elements of a row that sums to 1 may lose.
   */
  private static double rounding(ElementType type) {
    return switch (type) {
      case FLOAT16 -> 0x1p-11;
      case BFLOAT16 -> 0x1p-9;
      case FLOAT32, FLOAT64 -> 0;
    };
  }
}
