package dev.batchloss.cpu;

import dev.batchloss.plan.RowStatistics;

/**
 * What a worker does with a batch of consecutive rows: reduce each, and later write what was asked
 * for. Labels (ignored, weight, target) are in the batch already, φ is applied in between.
 */
interface BatchPass {
  /** Fills the statistics that the call needs. */
  void reduce(RowStatistics rows);

  /** Writes the output matrix's rows. */
  void write(RowStatistics rows);

  /**
   * Whether {@link #writeBesideReducing} takes less time than the two by themselves. Such a pass
   * refuses no row.
   */
  default boolean writesBesideReducing() {
    return false;
  }

  /** Writes what was reduced last, and reduces the batch that follows. */
  default void writeBesideReducing(RowStatistics written, RowStatistics reduced) {
    write(written);
    reduce(reduced);
  }
}
