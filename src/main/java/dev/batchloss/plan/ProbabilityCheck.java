package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
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
   * @throws InvalidDataException if it differs from 1 by more than {@code tolerance}
   */
  public static void requireSum(long row, double sum, double tolerance) {
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
      requireSum(row, sum, plan.input().sumTolerance());
    }
  }
}
