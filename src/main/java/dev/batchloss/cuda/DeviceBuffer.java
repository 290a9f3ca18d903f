package dev.batchloss.cuda;

import dev.batchloss.device.NativeHandle;
import jcuda.driver.JCudaDriver;

/** Memory of a device. */
final class DeviceBuffer extends NativeHandle<DevicePointer> {
  private final long address;
  private final long bytes;

  DeviceBuffer(CudaContext context, DevicePointer pointer, long bytes) {
    super("buffer", pointer, context.releasing(JCudaDriver::cuMemFree));
    this.address = pointer.address();
    this.bytes = bytes;
  }

  /**
   * Returns where it begins on the device.
   *
   * @throws IllegalStateException if this is closed
   */
  long address() {
    requireOpen();
    return address;
  }

  /** Returns its size in bytes. */
  long bytes() {
    return bytes;
  }
}
