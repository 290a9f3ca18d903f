package dev.batchloss.opencl;

import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.function.ToIntFunction;
import org.jocl.CL;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;

/** Memory that kernels can use: the device's own, or the host's in place. */
final class DeviceBuffer extends NativeHandle<cl_mem> {
  private final long bytes;
  private final boolean wrapped;

  /** Takes over {@code buffer}; {@code segment} is the host memory it uses, if it does. */
  DeviceBuffer(cl_mem buffer, long bytes, @Nullable MemorySegment segment) {
    super("buffer", buffer, keeping(segment));
    this.bytes = bytes;
    this.wrapped = segment != null;
  }

  /** Returns its size in bytes. */
  long bytes() {
    return bytes;
  }

  /** Returns whether it is host memory in place. */
  boolean isWrapped() {
    return wrapped;
  }

  private static ToIntFunction<cl_mem> keeping(@Nullable MemorySegment segment) {
    return memory -> {
      try {
        return CL.clReleaseMemObject(memory);
      } finally {
        Reference.reachabilityFence(segment);
      }
    };
  }
}
