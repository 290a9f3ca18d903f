package dev.batchloss.evaluate;

/** Consecutive rows of an array that are a hyper-rectangle of it. */
final class RowBlock {
  private final long firstRow;
  private final long rows;
  private final long[] from;
  private final long[] count;

  /**
   * Takes over both arrays.
   *
   * @param firstRow the place of the first row among all
   * @param rows the number of rows
   * @param from the first index on each axis of the array, the class axis among them
   * @param count the number of indices on each axis; all of them on the class axis
   */
  RowBlock(long firstRow, long rows, long[] from, long[] count) {
    this.firstRow = firstRow;
    this.rows = rows;
    this.from = from;
    this.count = count;
  }

  long firstRow() {
    return firstRow;
  }

  long rows() {
    return rows;
  }

  long[] from() {
    return from;
  }

  long[] count() {
    return count;
  }
}
