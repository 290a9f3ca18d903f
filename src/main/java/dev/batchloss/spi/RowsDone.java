package dev.batchloss.spi;

import dev.batchloss.plan.TargetScan;

/**
 * How far a call had come when the device of its backend failed.
 *
 * @param rows how many rows from the first on have reached the folds, and what the output matrix
 *     takes of them the caller's memory; of the others none has, but for an output matrix that is
 *     not the input
 * @param scan what came before the rows, of the whole call
 */
public record RowsDone(long rows, TargetScan scan) {
  /** Checks the number of rows. */
  public RowsDone {
    if (rows < 0 || rows > scan.rows()) {
      throw new IllegalArgumentException(
          "rows is %d, must be in 0..%d".formatted(rows, scan.rows()));
    }
  }
}
