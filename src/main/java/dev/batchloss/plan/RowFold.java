package dev.batchloss.plan;

/**
 * Takes the finished statistics of rows, a batch at a time. A backend gets one fold a worker and
 * hands it batches from one thread at a time, each row of the call in exactly one batch, in no
 * promised order. What a fold keeps must not depend on that order.
 */
@FunctionalInterface
public interface RowFold {
  /** Takes one batch; the columns are the backend's and are overwritten afterwards. */
  void fold(RowStatistics batch);
}
