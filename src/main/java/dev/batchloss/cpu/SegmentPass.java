package dev.batchloss.cpu;

import dev.batchloss.plan.RowStatistics;

/**
 * A pass whose rows can be cut at the segments, so that several workers share one row. The
 * statistics of a row's segments are appended in their order, whoever made them.
 */
interface SegmentPass {
  /** Completes the row's labels; once a row, before any of its segments. */
  void startRow(RowStatistics rows, int i);

  /** Reduces the segment that begins at class {@code from}. */
  void reduceSegment(RowStatistics rows, int i, int from, SegmentStatistics into);

  /** Writes the statistics of the whole row. */
  void finishRow(RowStatistics rows, int i, SegmentStatistics total);

  /**
   * Writes the output matrix's part of the segment that begins at class {@code from}.
   *
   * @param shift the row's shift in units of x
   */
  void writeSegment(RowStatistics rows, int i, int from, double shift);
}
