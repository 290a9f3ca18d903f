package dev.batchloss.evaluate;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.plan.ValueCheck;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which row of a refused block is the first bad one. A backend knows neither the file nor
 * the rows before the block, and of several bad rows the one it meets first depends on its threads.
 */
final class BadRowSearch {
  private final EvaluationFiles files;
  private final Plan plan;

  BadRowSearch(EvaluationFiles files, Plan plan) {
    this.files = files;
    this.plan = plan;
  }

  /** Returns the refusal that names the file and the row among all. */
  InvalidDataException explain(RowBlockBuffer buffer, InvalidDataException refusal) {
    RowBlock block = buffer.block();
    if (refusal instanceof InvalidTargetException target) {
      return new InvalidTargetException(
          block.firstRow() + target.row(), target.value(), target.count(), target.classes());
    }
    for (long row = 0; row < block.rows(); row++) {
      try {
        checkTargets(block.firstRow() + row, row, buffer.targets());
      } catch (InvalidDataException e) {
        return named(Objects.requireNonNull(files.targets()).file().name(), e);
      }
      try {
        checkElementWeights(block.firstRow() + row, row, buffer.targets());
      } catch (InvalidDataException e) {
        return named(Objects.requireNonNull(files.elementWeights()).name(), e);
      }
      try {
        checkInput(block.firstRow() + row, row, buffer);
      } catch (InvalidDataException e) {
        return named(files.input().name(), e);
      }
    }
    String where =
        "%s: rows %d to %d"
            .formatted(files.input().name(), block.firstRow(), block.firstRow() + block.rows() - 1);
    return named(where, refusal);
  }

  private void checkTargets(long rowOfAll, long row, @Nullable Targets targets) {
    if (targets instanceof ProbabilityTargets(Matrix q, _)
        && plan instanceof RowPlan rows
        && rows.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL) {
      requireProbabilities("target probability", rowOfAll, row, q);
    } else if (targets instanceof ValueTargets values
        && plan instanceof ComparisonPlan comparison
        && comparison.targetCheck() == ValueCheck.UNIT_INTERVAL) {
      requireProbabilities("target", rowOfAll, row, values.values());
    }
  }

  /** Weights of classes, which are spread over the elements, were checked when they were read. */
  private void checkElementWeights(long rowOfAll, long row, @Nullable Targets targets) {
    if (files.elementWeights() == null || !(targets instanceof ValueTargets values)) {
      return;
    }
    Matrix weights = Objects.requireNonNull(values.elementWeights());
    for (int c = 0; c < weights.classes(); c++) {
      TargetScan.requireElementWeight(rowOfAll, c, weights.get(row, c));
    }
  }

  private static void requireProbabilities(String what, long rowOfAll, long row, Matrix matrix) {
    for (int c = 0; c < matrix.classes(); c++) {
      TargetScan.requireProbability(what, rowOfAll, c, matrix.get(row, c));
    }
  }

  private void checkInput(long rowOfAll, long row, RowBlockBuffer buffer) {
    Matrix matrix = buffer.matrix();
    switch (plan) {
      case RowPlan rows -> {
        boolean ignored =
            buffer.targets() instanceof ClassTargets indices
                && plan.ignoredClass() != null
                && indices.at(row) == plan.ignoredClass();
        if (!ignored && rows.input().checksProbabilities()) {
          ProbabilityCheck.requireRow(
              rowOfAll, matrix.classes(), c -> matrix.get(row, c), rows.input(), matrix.type());
        }
      }
      case ComparisonPlan comparison -> {
        if (comparison.inputCheck() == ValueCheck.UNIT_INTERVAL) {
          requireProbabilities("probability", rowOfAll, row, matrix);
        }
      }
    }
  }

  private static InvalidDataException named(String where, InvalidDataException e) {
    return new InvalidDataException(where + ": " + e.getMessage(), e);
  }
}
