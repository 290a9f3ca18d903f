package dev.batchloss.device;

/**
 * The memory of one chunk on its way to a device and back: started, and collected when its results
 * are there. Several of them take turns, so that the host prepares and folds one chunk while the
 * device works on another. Used by one thread at a time.
 */
public interface ChunkSlot extends AutoCloseable {
  /** Returns whether a chunk is on its way. */
  boolean isBusy();

  /**
   * Sends a chunk and lets the device work on it; returns without waiting for that.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  void start(RowChunk chunk);

  /**
   * Waits for the chunk, hands its rows over and completes its part of the output matrix. Of a
   * chunk that fails before that nothing reaches the fold, nor a matrix that is written over the
   * input.
   *
   * @param folding takes the rows
   * @param progress is told of the chunk as soon as that is done, before anything else can fail
   * @throws dev.batchloss.data.InvalidDataException as {@link RowFolding#fold}
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  void collect(RowFolding folding, RunProgress progress);

  /** Waits until nothing of a call is on its way any more, and lets go of it. */
  void end();

  /** Frees the memory. */
  @Override
  void close();
}
