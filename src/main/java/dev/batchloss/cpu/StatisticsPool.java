package dev.batchloss.cpu;

import dev.batchloss.plan.RowStatistics;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Statistics of batches that a backend keeps from one call to the next: of short rows they are half
 * a megabyte a thread, which to clear takes longer than a small call. As many as were ever in use
 * at once.
 */
final class StatisticsPool {
  private final Queue<RowStatistics> free = new ConcurrentLinkedQueue<>();

  /** Statistics with room for that many rows, holding leftovers; the caller gives them back. */
  RowStatistics take(int rows) {
    RowStatistics kept = free.poll();
    return kept != null && kept.capacity() >= rows ? kept : new RowStatistics(rows);
  }

  void giveBack(RowStatistics statistics) {
    free.add(statistics);
  }
}
