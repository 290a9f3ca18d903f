package dev.batchloss.evaluate;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetScan;

/**
 * Finds out which row of a refused block is the first bad one. A backend knows neither the file nor
 * the rows before the block, and of several bad rows the one it meets first depends on its threads.
 */
final class BadRowSearch {
  private final EvaluationFiles files;
  private final RowPlan plan;

  BadRowSearch(EvaluationFiles files, RowPlan plan) {
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
        return named(files.targets().name(), e);
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

  private void checkTargets(long rowOfAll, long row, Targets targets) {
    if (targets instanceof ProbabilityTargets(Matrix q, _)
        && plan.targetCheck() == RowPlan.TargetCheck.UNIT_INTERVAL) {
      for (int c = 0; c < q.classes(); c++) {
        TargetScan.requireProbability("target probability", rowOfAll, c, q.get(row, c));
      }
    }
  }

  private void checkInput(long rowOfAll, long row, RowBlockBuffer buffer) {
    boolean ignored =
        buffer.targets() instanceof ClassTargets indices
            && plan.ignoredClass() != null
            && indices.at(row) == plan.ignoredClass();
    if (ignored || !plan.input().checksProbabilities()) {
      return;
    }
    double sum = 0;
    Matrix matrix = buffer.matrix();
    for (int c = 0; c < matrix.classes(); c++) {
      double probability = matrix.get(row, c);
      ProbabilityCheck.requireProbability(rowOfAll, c, probability);
      sum += probability;
    }
    ProbabilityCheck.requireSum(rowOfAll, sum, plan.input(), matrix.type());
  }

  private static InvalidDataException named(String where, InvalidDataException e) {
    return new InvalidDataException(where + ": " + e.getMessage(), e);
  }
}
