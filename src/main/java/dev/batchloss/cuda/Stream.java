package dev.batchloss.cuda;

import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.ToIntFunction;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A stream, whose commands run one after the other. Everything but {@link #synchronize} only
 * enqueues or asks, and a failure of the device may show at any later call, as a {@link
 * dev.batchloss.data.DeviceException}.
 */
final class Stream extends NativeHandle<CUstream> {
  private final CudaContext context;

  Stream(CudaContext context, CUstream stream) {
    this(context, stream, context.releasing(JCudaDriver::cuStreamDestroy));
  }

  private Stream(CudaContext context, CUstream stream, ToIntFunction<CUstream> release) {
    super("stream", stream, release);
    this.context = context;
  }

  /**
   * Takes a stream that is somebody else's, and stays theirs when this is closed.
   *
   * @param handle the driver's, in this context; 0 for the default stream
   */
  static Stream borrow(CudaContext context, long handle) {
    return new Stream(context, CallerStreams.of(handle), _ -> CUresult.CUDA_SUCCESS);
  }

  /**
   * Copies host memory to the device. The source must not change or be freed before that is done.
   *
   * @param offset where in the buffer, in bytes
   * @throws IllegalArgumentException if the source is not native memory
   * @throws IndexOutOfBoundsException if it does not fit
   */
  void copyIn(DeviceBuffer buffer, long offset, MemorySegment source) {
    long bytes = source.byteSize();
    Objects.checkFromIndexSize(offset, bytes, buffer.bytes());
    HostPointer from = new HostPointer(source);
    enqueueOn(
        buffer,
        "copying %d bytes to the device".formatted(bytes),
        offset,
        (to, stream) -> JCudaDriver.cuMemcpyHtoDAsync(to, from, bytes, stream));
  }

  /**
   * Copies from the device to host memory, which must not be touched or freed before that is done.
   *
   * @param offset where in the buffer, in bytes
   * @throws IllegalArgumentException if the target is not native memory, or is read-only
   * @throws IndexOutOfBoundsException if it asks for more than the buffer has
   */
  void copyOut(DeviceBuffer buffer, long offset, MemorySegment target) {
    long bytes = target.byteSize();
    Objects.checkFromIndexSize(offset, bytes, buffer.bytes());
    if (target.isReadOnly()) {
      throw new IllegalArgumentException("a read-only segment cannot be copied to");
    }
    HostPointer to = new HostPointer(target);
    enqueueOn(
        buffer,
        "copying %d bytes from the device".formatted(bytes),
        offset,
        (from, stream) -> JCudaDriver.cuMemcpyDtoHAsync(to, from, bytes, stream));
  }

  /**
   * Runs a kernel.
   *
   * @param arguments one pointer an argument, to its value in native memory; may be reused on
   *     return
   */
  void launch(KernelFunction kernel, RowLaunch launch, Pointer... arguments) {
    Pointer all = Pointer.to(arguments);
    enqueue(
        "launching " + launch.describe(kernel.module()),
        stream ->
            kernel.with(
                function ->
                    JCudaDriver.cuLaunchKernel(
                        function,
                        launch.gridX(),
                        launch.gridY(),
                        1,
                        launch.block(),
                        1,
                        1,
                        launch.sharedBytes(),
                        stream,
                        all,
                        null)));
  }

  /** Has an event happen once everything before it is done. */
  void record(Event event) {
    enqueue(
        "recording an event",
        stream -> event.with(recorded -> JCudaDriver.cuEventRecord(recorded, stream)));
  }

  /**
   * Waits until everything that was enqueued is done.
   *
   * @param what what is waited for, for the message
   */
  void synchronize(String what) {
    enqueue(what, JCudaDriver::cuStreamSynchronize);
  }

  /**
   * Returns whether everything that was enqueued is done; does not wait.
   *
   * @param what what is asked for, for the message
   */
  boolean isDone(String what) {
    return with(stream -> context.isDone(what, () -> JCudaDriver.cuStreamQuery(stream)));
  }

  private interface Copy {
    int enqueue(CUdeviceptr onDevice, CUstream stream);
  }

  private void enqueueOn(DeviceBuffer buffer, String what, long offset, Copy copy) {
    enqueue(
        what,
        stream ->
            buffer.with(
                pointer -> {
                  CUdeviceptr place = pointer.withByteOffset(offset);
                  return copy.enqueue(place, stream);
                }));
  }

  private void enqueue(String what, ToIntFunction<CUstream> command) {
    with(
        stream -> {
          context.call(what, () -> command.applyAsInt(stream));
          return stream;
        });
  }
}
