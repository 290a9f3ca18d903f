package dev.batchloss.cuda;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory of a device and pinned memory of the host beside it, each there once it was asked for and
 * replaced when more is asked for. Used by one thread at a time.
 */
final class StagedBuffer implements AutoCloseable {
  private final CudaContext context;
  private @Nullable PinnedMemory host;
  private @Nullable DeviceBuffer device;

  /** Starts without memory. */
  StagedBuffer(CudaContext context) {
    this.context = context;
  }

  /**
   * Returns the device's memory; what it held is lost if it has to grow.
   *
   * @param bytes how much is needed; positive
   * @throws dev.batchloss.data.DeviceException if there is no such memory
   */
  DeviceBuffer device(long bytes) {
    DeviceBuffer present = device;
    if (present != null && present.bytes() >= bytes) {
      return present;
    }
    if (present != null) {
      device = null;
      present.close();
    }
    DeviceBuffer larger = context.allocate(bytes);
    device = larger;
    return larger;
  }

  /** Returns whether the device's memory need not grow for so much. */
  boolean hasDevice(long bytes) {
    return bytes == 0 || (device != null && device.bytes() >= bytes);
  }

  /** Returns the host's memory, of this length, likewise. */
  MemorySegment host(long bytes) {
    PinnedMemory present = host;
    if (present != null && present.segment().byteSize() >= bytes) {
      return present.segment().asSlice(0, bytes);
    }
    if (present != null) {
      host = null;
      present.close();
    }
    PinnedMemory larger = context.allocatePinned(bytes);
    host = larger;
    return larger.segment();
  }

  /** Frees both; nothing uses them any more. */
  @Override
  public void close() {
    if (host != null) {
      host.close();
      host = null;
    }
    if (device != null) {
      device.close();
      device = null;
    }
  }
}
