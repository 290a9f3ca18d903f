package dev.batchloss.plan;

import dev.batchloss.data.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * From what a backend has added up of rows of a {@link ComparisonPlan} to their losses, and what
 * multiplies their gradients. Immutable; shared by all workers of a call.
 */
public final class ComparisonEpilogue {
  private final double rowFactor;
  private final double scale;
  private final @Nullable Matrix rowUpstream;

  /**
   * Prepares one call.
   *
   * @param scale upstream over denominator: what every gradient is multiplied by
   * @param rowUpstream one more factor a row (rows × 1), or null
   */
  public ComparisonEpilogue(
      ComparisonPlan plan, int classes, double scale, @Nullable Matrix rowUpstream) {
    this.rowFactor = plan.rowFactor(classes);
    this.scale = scale;
    this.rowUpstream = rowUpstream;
  }

  /** Turns the column {@code loss} from what was added up into losses, sample weight included. */
  public void losses(RowStatistics rows) {
    for (int i = 0; i < rows.size; i++) {
      rows.loss[i] = rows.weight[i] * (rowFactor * rows.loss[i]);
    }
  }

  /** Returns what multiplies the derivative of what was added up in a row of the batch. */
  public double gradientFactor(RowStatistics rows, int i) {
    double upstream = rowUpstream == null ? 1 : rowUpstream.get(rows.firstRow + i, 0);
    return scale * rowFactor * upstream * rows.weight[i];
  }
}
