package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;

/** A call whose rows can be shared out in batches, each done by one worker. Immutable. */
interface BatchWork {
  RowRequest<Matrix> request();

  /** What a worker does with batches of up to {@code batchRows} rows; one a worker. */
  BatchPass newPass(int batchRows);

  /** Fills what is known of the batch before its rows are read. */
  void label(RowStatistics rows);

  /** From what has been reduced to losses, and to what the output needs. */
  void finish(RowStatistics rows);
}
