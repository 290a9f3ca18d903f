package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ComparisonEpilogue;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;
import java.util.Objects;

/** Rows of a comparison plan: what was added up in them becomes their losses. */
final class ComparisonCompletion implements BatchCompletion {
  private final ComparisonPlan plan;
  private final RowColumns columns;
  private final int classes;
  private final ElementReader input;
  private final Matrix targets;
  private final ComparisonEpilogue epilogue;

  ComparisonCompletion(ComparisonPlan plan, RowRequest<?> request, ElementReader input) {
    this.plan = plan;
    this.columns = RowColumns.of(request);
    this.classes = request.input().classes();
    this.input = input;
    this.targets = ((ValueTargets) Objects.requireNonNull(request.targets())).values();
    // Only losses are formed here, which are not scaled.
    this.epilogue = new ComparisonEpilogue(plan, classes, 1, null);
  }

  @Override
  public void complete(RowStatistics batch, CheckColumns checks) {
    if (columns.hasChecks()) {
      for (int i = 0; i < batch.size; i++) {
        int first = firstSuspect(checks, i);
        if (first >= 0) {
          requireElements(batch.firstRow + i, first);
        }
      }
    }
    epilogue.losses(batch);
  }

  /** The first class that the device names, or −1. */
  private int firstSuspect(CheckColumns checks, int i) {
    int input = columns.contains(RowColumn.BAD_CLASS) ? checks.badClass[i] : -1;
    int target = columns.contains(RowColumn.BAD_TARGET_CLASS) ? checks.badTargetClass[i] : -1;
    return input < 0 || target < 0 ? Math.max(input, target) : Math.min(input, target);
  }

  /** The device says where to look; what is bad is decided in double, as everywhere. */
  private void requireElements(long row, int firstClass) {
    for (int c = firstClass; c < classes; c++) {
      ProbabilityCheck.requireValues(plan, row, c, input.read(row, c), targets.get(row, c));
    }
  }
}
