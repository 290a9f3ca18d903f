package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import org.jocl.CL;
import org.jocl.cl_program;

/** A program that was compiled for a device. Thread-safe. */
final class Program extends NativeHandle<cl_program> {
  private final DeviceContext context;

  Program(DeviceContext context, cl_program program) {
    super("program", program, CL::clReleaseProgram);
    this.context = context;
  }

  /**
   * Makes a kernel with arguments of its own.
   *
   * @param name the function's
   * @throws DeviceException if there is none of that name
   */
  Kernel kernel(String name) {
    return with(
        program ->
            new Kernel(
                context.deviceId(),
                name,
                ErrorCodes.create(
                    "making kernel " + name, code -> CL.clCreateKernel(program, name, code))));
  }
}
