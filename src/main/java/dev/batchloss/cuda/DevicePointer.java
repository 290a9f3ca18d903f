package dev.batchloss.cuda;

import jcuda.driver.CUdeviceptr;

/** A device pointer whose address can be told, for the structures that kernels take. */
final class DevicePointer extends CUdeviceptr {
  /** Returns the address on the device. */
  long address() {
    return getNativePointer();
  }
}
