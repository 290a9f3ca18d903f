package dev.batchloss.spi;

import dev.batchloss.plan.TargetScan;
import java.util.OptionalDouble;

/**
 * What a backend answers besides what the folds took.
 *
 * @param scan the rows that were there, those that counted, and the denominator of MEAN: of the
 *     whole call, whoever did its first rows
 * @param kernelSeconds how long a device's kernels read and wrote rows, by its own clock and
 *     without transfers; empty if nobody took the time
 */
public record RowOutcome(TargetScan scan, OptionalDouble kernelSeconds) {
  /** The outcome of a backend that takes no time. */
  public RowOutcome(TargetScan scan) {
    this(scan, OptionalDouble.empty());
  }
}
