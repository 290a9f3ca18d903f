package dev.batchloss.cuda;

import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import jcuda.driver.JCudaDriver;

/** Memory of the caller's that is pinned until this is closed. */
final class RegisteredMemory extends NativeHandle<HostPointer> {
  RegisteredMemory(CudaContext context, HostPointer pointer, MemorySegment segment) {
    super(
        "registered memory",
        pointer,
        context.releasing(
            registered -> {
              try {
                return JCudaDriver.cuMemHostUnregister(registered);
              } finally {
                Reference.reachabilityFence(segment);
              }
            }));
  }
}
