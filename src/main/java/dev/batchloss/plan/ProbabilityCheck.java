package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
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
   * Checks the rows that are not ignored, before anything is written over them; does nothing where
   * the plan checks nothing.
   *
   * @throws InvalidDataException for the first bad row
   */
  public static void requireInput(RowPlan plan, Matrix input, @Nullable Targets targets) {
    if (!plan.input().checksProbabilities()) {
      return;
    }
    for (long row = 0; row < input.rows(); row++) {
      if (targets instanceof ClassTargets indices
          && plan.ignoredClass() != null
          && indices.at(row) == plan.ignoredClass()) {
        continue;
      }
      double sum = 0;
      for (int c = 0; c < input.classes(); c++) {
        double probability = input.get(row, c);
        requireProbability(row, c, probability);
        sum += probability;
      }
      requireSum(row, sum, plan.input(), input.type());
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
