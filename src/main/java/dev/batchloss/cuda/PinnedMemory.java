package dev.batchloss.cuda;

import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import jcuda.driver.JCudaDriver;

/** Memory of the host, allocated by the driver: a device copies from and to it by itself. */
final class PinnedMemory extends NativeHandle<HostPointer> {
  private final MemorySegment segment;

  PinnedMemory(CudaContext context, HostPointer pointer, long bytes) {
    super("pinned memory", pointer, context.releasing(JCudaDriver::cuMemFreeHost));
    this.segment = MemorySegment.ofAddress(pointer.address()).reinterpret(bytes);
  }

  /**
   * Returns the memory, which must not be touched once this is closed.
   *
   * @throws IllegalStateException if this is closed
   */
  MemorySegment segment() {
    requireOpen();
    return segment;
  }
}
