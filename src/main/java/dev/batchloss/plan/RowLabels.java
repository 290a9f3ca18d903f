package dev.batchloss.plan;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is known of rows before they are read: their targets and weights. Immutable. */
public final class RowLabels {
  private final @Nullable ClassTargets indices;
  private final @Nullable Matrix sampleWeights;
  private final @Nullable Long ignoredClass;

  /**
   * Takes the targets of a call, which {@link TargetScan} has found to be good.
   *
   * @param plan the loss
   * @param targets one a row, or null where the plan uses none
   */
  public RowLabels(Plan plan, @Nullable Targets targets) {
    this.indices = targets instanceof ClassTargets classes ? classes : null;
    this.sampleWeights = targets == null ? null : targets.sampleWeights();
    this.ignoredClass = plan.ignoredClass();
  }

  /**
   * Fills the columns {@code weight}, {@code ignored} and {@code target} of the batch's rows. The
   * target of an ignored row is 0, and so is that of every row without a class target.
   */
  public void label(RowStatistics rows) {
    if (sampleWeights == null) {
      Arrays.fill(rows.weight, 0, rows.size, 1);
    } else {
      for (int i = 0; i < rows.size; i++) {
        rows.weight[i] = sampleWeights.get(rows.firstRow + i, 0);
      }
    }
    Arrays.fill(rows.ignored, 0, rows.size, false);
    if (indices == null) {
      Arrays.fill(rows.target, 0, rows.size, 0);
    } else {
      indices.copyTo(rows.firstRow, rows.size, rows.target);
    }
    if (indices != null && ignoredClass != null) {
      long ignoredIndex = ignoredClass;
      for (int i = 0; i < rows.size; i++) {
        if (indices.at(rows.firstRow + i) == ignoredIndex) {
          rows.ignored[i] = true;
          rows.target[i] = 0;
        }
      }
    }
  }
}
