package dev.batchloss.device;

/** A slot of one of several devices that share a call, each at its own speed. */
public interface SharingSlot extends ChunkSlot {
  /**
   * Returns whether the chunk on its way has come back; does not wait.
   *
   * @throws dev.batchloss.data.DeviceException if the device has failed
   */
  boolean hasArrived();

  /**
   * Takes the results of a chunk out of the slot before its turn, so that another can be started.
   * Of the output matrix that part is completed, unless it is written over the input.
   *
   * @return the rest, for the caller to collect in its turn, or to close
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  ParkedChunk park();
}
