package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.util.HashMap;
import java.util.Map;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jspecify.annotations.Nullable;

/**
 * A kernel and its arguments. Not thread-safe: each thread makes its own. Every setter throws a
 * {@link DeviceException} that names the argument if the kernel has none of that place and size.
 */
final class Kernel extends NativeHandle<cl_kernel> {
  private final cl_device_id device;
  private final String name;

  /** Kept so that no buffer is collected, and so released, between setting it and launching. */
  private final Map<Integer, DeviceBuffer> buffers = new HashMap<>();

  Kernel(cl_device_id device, String name, cl_kernel kernel) {
    super("kernel " + name, kernel, CL::clReleaseKernel);
    this.device = device;
    this.name = name;
  }

  /** Returns the function's name. */
  String name() {
    return name;
  }

  /** Passes a buffer, or a null pointer. */
  void set(int index, @Nullable DeviceBuffer buffer) {
    if (buffer == null) {
      set(index, Sizeof.cl_mem, (Pointer) null);
      buffers.remove(index);
    } else {
      buffer.with(
          memory -> {
            set(index, Sizeof.cl_mem, Pointer.to(memory));
            return memory;
          });
      buffers.put(index, buffer);
    }
  }

  /** Passes an int. */
  void set(int index, int value) {
    set(index, Sizeof.cl_int, Pointer.to(new int[] {value}));
  }

  /** Passes a long. */
  void set(int index, long value) {
    set(index, Sizeof.cl_long, Pointer.to(new long[] {value}));
  }

  /** Passes a float. */
  void set(int index, float value) {
    set(index, Sizeof.cl_float, Pointer.to(new float[] {value}));
  }

  /** Passes a double. */
  void set(int index, double value) {
    set(index, Sizeof.cl_double, Pointer.to(new double[] {value}));
  }

  /** Gives the work-group so much local memory. */
  void setLocal(int index, long bytes) {
    set(index, bytes, (Pointer) null);
  }

  /** Returns the work-items of the largest work-group that can run this kernel. */
  long maxWorkGroup() {
    long[] size = new long[1];
    query(CL.CL_KERNEL_WORK_GROUP_SIZE, size);
    return size[0];
  }

  /**
   * Checks what is launched.
   *
   * @throws IllegalStateException if a buffer among the arguments is closed
   */
  void requireOpenBuffers() {
    buffers.values().forEach(DeviceBuffer::requireOpen);
  }

  private void query(int parameter, long[] value) {
    with(
        kernel -> {
          ErrorCodes.call(
              "asking about kernel " + name,
              () ->
                  CL.clGetKernelWorkGroupInfo(
                      kernel, device, parameter, Sizeof.size_t, Pointer.to(value), null));
          return kernel;
        });
  }

  private void set(int index, long bytes, @Nullable Pointer value) {
    with(
        kernel -> {
          ErrorCodes.call(
              "setting argument " + index + " of kernel " + name,
              () -> CL.clSetKernelArg(kernel, index, bytes, value));
          return kernel;
        });
  }
}
