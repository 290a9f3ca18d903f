package dev.batchloss.device;

import dev.batchloss.data.DeviceException;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import dev.batchloss.spi.UnfinishedRunException;
import org.jspecify.annotations.Nullable;

/**
 * How far a call has come whose chunks are collected in the order of their rows: what is left to do
 * when memory runs out or the device fails. Used by one thread at a time.
 */
public final class RunProgress {
  private @Nullable TargetScan scan;
  private long firstRow;

  /** Starts where the request does. */
  public RunProgress(RowRequest<?> request) {
    this.scan = request.done() == null ? null : request.done().scan();
    this.firstRow = request.firstRow();
  }

  /** Takes note of what came before the rows. */
  public void scanned(TargetScan found) {
    scan = found;
  }

  /**
   * Takes note of a chunk that has reached the fold and, where something is written, the output.
   */
  public void collected(RowChunk chunk) {
    firstRow = chunk.firstRow() + chunk.rows();
  }

  /** Returns the first row that is still to do; the number of rows if there is none. */
  public long firstRow() {
    return firstRow;
  }

  /** Returns what to throw when the device of a call over host matrices has failed. */
  public UnfinishedRunException unfinished(DeviceException failure) {
    return new UnfinishedRunException(failure, scan == null ? null : new RowsDone(firstRow, scan));
  }
}
