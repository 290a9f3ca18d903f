package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jspecify.annotations.Nullable;

/**
 * A queue whose commands run one after the other. Everything but {@link #finish} only enqueues, and
 * a failure of the device may show at any later call, as a {@link DeviceException}. Thread-safe;
 * the commands of several threads run in the order in which they came. On Oclgrind transfers are
 * done when they return.
 */
final class CommandQueue extends NativeHandle<cl_command_queue> {
  /** A mapping comes as a ByteBuffer, which is shorter than 2 GiB. */
  private static final long MAPPED_PART = 1L << 30;

  private final boolean blocksOnTransfers;

  CommandQueue(cl_command_queue queue, DeviceDescription device) {
    super("command queue", queue, CL::clReleaseCommandQueue);
    this.blocksOnTransfers = device.isWaitedForByOneThread();
  }

  /**
   * Copies host memory to the device. The source must not change or be freed before that is done.
   *
   * @param bufferOffset where in the buffer, in bytes
   * @throws IllegalArgumentException if the source is not native memory or does not fit
   */
  void write(DeviceBuffer buffer, long bufferOffset, MemorySegment source) {
    long bytes = source.byteSize();
    requireInside(buffer, bufferOffset, bytes);
    if (bytes > 0) {
      Pointer pointer = NativeMemory.transferable(source);
      enqueue(
          "writing " + bytes + " bytes to the device",
          queue ->
              buffer.with(
                  memory ->
                      CL.clEnqueueWriteBuffer(
                          queue,
                          memory,
                          blocksOnTransfers,
                          bufferOffset,
                          bytes,
                          pointer,
                          0,
                          null,
                          null)));
    }
  }

  /**
   * Copies from the device to host memory. The destination must not be touched or freed before that
   * is done.
   *
   * @param bufferOffset where in the buffer, in bytes
   * @throws IllegalArgumentException if the destination is not native memory, is read-only, or asks
   *     for more than the buffer has
   */
  void read(DeviceBuffer buffer, long bufferOffset, MemorySegment destination) {
    long bytes = destination.byteSize();
    requireInside(buffer, bufferOffset, bytes);
    if (destination.isReadOnly()) {
      throw new IllegalArgumentException("a read-only segment cannot be read into");
    }
    if (bytes > 0) {
      Pointer pointer = NativeMemory.transferable(destination);
      enqueue(
          "reading " + bytes + " bytes from the device",
          queue ->
              buffer.with(
                  memory ->
                      CL.clEnqueueReadBuffer(
                          queue,
                          memory,
                          blocksOnTransfers,
                          bufferOffset,
                          bytes,
                          pointer,
                          0,
                          null,
                          null)));
    }
  }

  /**
   * Runs a kernel with the arguments it has now.
   *
   * @param globalSize work-items in each dimension
   * @param localSize work-items of a work-group in each dimension, or null: the driver chooses
   * @throws IllegalStateException if a buffer among its arguments is closed
   */
  void launch(Kernel kernel, long[] globalSize, long @Nullable [] localSize) {
    kernel.requireOpenBuffers();
    enqueue(
        "launching kernel " + kernel.name(),
        queue ->
            kernel.with(
                function ->
                    CL.clEnqueueNDRangeKernel(
                        queue,
                        function,
                        globalSize.length,
                        null,
                        globalSize,
                        localSize,
                        0,
                        null,
                        null)));
  }

  /**
   * Lets the host touch a buffer once the commands before this one are done. Of host memory in
   * place it is that memory which then holds what kernels wrote.
   *
   * @param access what the host does
   */
  Mapping map(DeviceBuffer buffer, Access access) {
    List<ByteBuffer> parts = new ArrayList<>();
    for (long offset = 0; offset < buffer.bytes(); offset += MAPPED_PART) {
      parts.add(map(buffer, access, offset, Math.min(MAPPED_PART, buffer.bytes() - offset)));
    }
    return new Mapping(buffer, List.copyOf(parts));
  }

  /** Gives a mapped buffer back to the device. */
  void unmap(Mapping mapping) {
    for (ByteBuffer part : mapping.parts()) {
      enqueue(
          "unmapping a buffer",
          queue ->
              mapping
                  .buffer()
                  .with(memory -> CL.clEnqueueUnmapMemObject(queue, memory, part, 0, null, null)));
    }
  }

  /** Marks this place in the queue. The caller closes the event. */
  Event marker() {
    cl_event event = new cl_event();
    enqueue(
        "marking a place in the queue",
        queue -> CL.clEnqueueMarkerWithWaitList(queue, 0, null, event));
    return new Event(event);
  }

  /** Sees to it that what was enqueued starts. */
  void flush() {
    enqueue("flushing the queue", CL::clFlush);
  }

  /** Waits until everything that was enqueued is done. */
  void finish() {
    enqueue("waiting for the queue", CL::clFinish);
  }

  private ByteBuffer map(DeviceBuffer buffer, Access access, long offset, long bytes) {
    return with(
        queue ->
            buffer.with(
                memory ->
                    ErrorCodes.create(
                        "mapping " + bytes + " bytes",
                        code ->
                            CL.clEnqueueMapBuffer(
                                queue,
                                memory,
                                false,
                                access.mapFlag(),
                                offset,
                                bytes,
                                0,
                                null,
                                null,
                                code))));
  }

  private void enqueue(String what, ToIntFunction<cl_command_queue> command) {
    with(
        queue -> {
          ErrorCodes.call(what, () -> command.applyAsInt(queue));
          return queue;
        });
  }

  private static void requireInside(DeviceBuffer buffer, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, buffer.bytes());
  }
}
