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
}
