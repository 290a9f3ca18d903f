package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_program;

/** A context of one device: where its buffers, queues and programs come from. Thread-safe. */
final class DeviceContext extends NativeHandle<cl_context> {
  private static final Object BUILDING = new Object();

  private final Device device;

  private DeviceContext(Device device, cl_context context) {
    super("OpenCL context", context, CL::clReleaseContext);
    this.device = device;
  }

  /**
   * Opens a context.
   *
   * @throws DeviceException if the device fails
   */
  static DeviceContext open(Device device) {
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    cl_device_id[] ids = {device.id()};
    cl_context context =
        ErrorCodes.create(
            "opening a context on " + device.description().name(),
            code -> CL.clCreateContext(properties, 1, ids, null, null, code));
    return new DeviceContext(device, context);
  }

  /** Returns what the device says of itself. */
  DeviceDescription description() {
    return device.description();
  }

  cl_device_id deviceId() {
    return device.id();
  }

  /**
   * Allocates memory on the device, its contents unspecified.
   *
   * @throws IllegalArgumentException if {@code bytes} is not positive
   * @throws DeviceException if there is not so much; see {@link ErrorCodes#isOutOfMemory}
   */
  DeviceBuffer allocate(long bytes) {
    requirePositive(bytes);
    long most = description().maxAllocation();
    if (most > 0 && bytes > most) {
      throw ErrorCodes.failure(
          CL.CL_INVALID_BUFFER_SIZE,
          "allocating %d bytes, of which %s takes %d at a time"
              .formatted(bytes, description().name(), most));
    }
    return with(
        context ->
            new DeviceBuffer(
                ErrorCodes.create(
                    "allocating %d bytes".formatted(bytes),
                    code -> CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, bytes, null, code)),
                bytes,
                null));
  }

  /**
   * Lets kernels use native host memory in place. Until the buffer is closed the host may touch it
   * only while it is mapped; it stays reachable, but its arena must not be closed before.
   *
   * @param access what the kernels do
   * @throws IllegalArgumentException if the segment is empty or not native memory, or is read-only
   *     and to be written
   * @throws DeviceException if the device cannot
   */
  DeviceBuffer wrap(MemorySegment segment, Access access) {
    long bytes = segment.byteSize();
    requirePositive(bytes);
    if (access == Access.WRITE && segment.isReadOnly()) {
      throw new IllegalArgumentException("a read-only segment cannot be written by kernels");
    }
    Pointer address = NativeMemory.address(segment);
    long flags = access.memoryFlag() | CL.CL_MEM_USE_HOST_PTR;
    return with(
        context ->
            new DeviceBuffer(
                ErrorCodes.create(
                    "wrapping " + bytes + " bytes",
                    code -> CL.clCreateBuffer(context, flags, bytes, address, code)),
                bytes,
                segment));
  }

  /**
   * Makes a queue whose commands run one after the other.
   *
   * @throws DeviceException if the device fails
   */
  CommandQueue newQueue() {
    return with(
        context ->
            new CommandQueue(
                ErrorCodes.create("making a command queue", code -> createQueue(context, code)),
                description()));
  }

  /**
   * Compiles for the device.
   *
   * @param sources OpenCL C, in this order
   * @param options the compiler's
   * @throws DeviceException if it does not compile; the message has the compiler's log
   */
  Program build(List<String> sources, String options) {
    try {
      return buildOnce(sources, options);
    } catch (DeviceException e) {
      // PoCL 3.1 loses a temporary file of its own once in a thousand builds when kernels are
      // compiled beside each other. What really does not compile fails again.
      return buildOnce(sources, options);
    }
  }

  private Program buildOnce(List<String> sources, String options) {
    String[] texts = sources.toArray(String[]::new);
    cl_program created =
        with(
            context ->
                ErrorCodes.create(
                    "making a program",
                    code ->
                        CL.clCreateProgramWithSource(context, texts.length, texts, null, code)));
    Program program = new Program(this, created);
    cl_device_id[] ids = {device.id()};
    int code = buildCode(created, ids, options);
    if (code != CL.CL_SUCCESS) {
      DeviceException failure =
          ErrorCodes.failure(
              code,
              "compiling for %s with '%s'\n%s"
                  .formatted(description().name(), options, buildLog(created)));
      program.close();
      throw failure;
    }
    return program;
  }

  // The successor takes a property list that drivers of OpenCL 1.2 do not know.
  @SuppressWarnings("deprecation")
  private cl_command_queue createQueue(cl_context context, int[] code) {
    return CL.clCreateCommandQueue(context, device.id(), 0, code);
  }

  private static int buildCode(cl_program program, cl_device_id[] ids, String options) {
    try {
      // One at a time, for the same reason; PoCL compiles no two at once anyway.
      synchronized (BUILDING) {
        return ErrorCodes.codeOf(() -> CL.clBuildProgram(program, 1, ids, options, null, null));
      }
    } catch (IndexOutOfBoundsException e) {
      // With its exceptions on, JOCL fetches the log itself and stumbles over an empty one.
      return CL.CL_BUILD_PROGRAM_FAILURE;
    }
  }

  private String buildLog(cl_program program) {
    long[] size = new long[1];
    int code =
        ErrorCodes.codeOf(
            () ->
                CL.clGetProgramBuildInfo(
                    program, device.id(), CL.CL_PROGRAM_BUILD_LOG, 0, null, size));
    if (code != CL.CL_SUCCESS || size[0] <= 1) {
      return "(the compiler left no log)";
    }
    byte[] log = new byte[Math.toIntExact(size[0])];
    code =
        ErrorCodes.codeOf(
            () ->
                CL.clGetProgramBuildInfo(
                    program,
                    device.id(),
                    CL.CL_PROGRAM_BUILD_LOG,
                    log.length,
                    Pointer.to(log),
                    null));
    return code == CL.CL_SUCCESS
        ? new String(log, 0, log.length - 1, StandardCharsets.UTF_8).strip()
        : "(the compiler's log cannot be read)";
  }

  private static void requirePositive(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a buffer of " + bytes + " bytes, must be at least 1");
    }
  }
}
