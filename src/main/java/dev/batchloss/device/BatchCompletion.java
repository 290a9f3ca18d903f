package dev.batchloss.device;

import dev.batchloss.plan.RowStatistics;

/** From the columns of a batch, as a device returned them, to checked rows with losses. */
interface BatchCompletion {
  /**
   * Checks the rows and fills the derived columns.
   *
   * @param batch labelled; what the device returned is in its columns
   * @param checks what it returned besides
   * @throws dev.batchloss.data.InvalidDataException for the first row that is bad
   */
  void complete(RowStatistics batch, CheckColumns checks);
}
