package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import java.lang.foreign.MemorySegment;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The primary context of a device, which other users of CUDA in this process share: where memory,
 * streams and modules come from. It is made current for each call, on whatever thread, and what was
 * current before is restored. Thread-safe.
 */
final class CudaContext extends NativeHandle<CUcontext> {
  private final DeviceDescription device;
  private volatile boolean isLost;

  private CudaContext(DeviceDescription device, CUdevice id, CUcontext context) {
    super("CUDA context", context, _ -> JCudaDriver.cuDevicePrimaryCtxRelease(id));
    this.device = device;
  }

  /**
   * Retains the context of a device.
   *
   * @throws DeviceException if the device fails
   */
  static CudaContext open(DeviceDescription device) {
    String what = "opening the context of " + device.name();
    CUdevice id = new CUdevice();
    ErrorCodes.call(what, () -> JCudaDriver.cuDeviceGet(id, device.ordinal()));
    CUcontext context = new CUcontext();
    ErrorCodes.call(what, () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, id));
    return new CudaContext(device, id, context);
  }

  /** Returns what the device says of itself. */
  DeviceDescription device() {
    return device;
  }

  /**
   * Makes a call to the driver in this context.
   *
   * @param what what is being done, for the message
   * @throws DeviceException if it fails
   */
  void call(String what, IntSupplier call) {
    check(what, current(() -> ErrorCodes.codeOf(call)));
  }

  /** Returns whether a call has said that nothing works any more here. */
  boolean isLost() {
    return isLost;
  }

  /**
   * Asks the driver in this context whether something is done.
   *
   * @param what what is done, for the message
   * @throws DeviceException if it has failed
   */
  boolean isDone(String what, IntSupplier query) {
    int code = current(() -> ErrorCodes.codeOf(query));
    if (code == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    check(what, code);
    return true;
  }

  /** Returns what releases an object in this context; it keeps the context open. */
  <T> ToIntFunction<T> releasing(ToIntFunction<T> release) {
    return object -> current(() -> release.applyAsInt(object));
  }

  /**
   * Allocates memory on the device, its contents unspecified.
   *
   * @throws DeviceException if there is not so much; see {@link ErrorCodes#isOutOfMemory}
   */
  DeviceBuffer allocate(long bytes) {
    DevicePointer pointer = new DevicePointer();
    call(
        "allocating %d bytes on %s".formatted(bytes, device.name()),
        () -> JCudaDriver.cuMemAlloc(pointer, bytes));
    return new DeviceBuffer(this, pointer, bytes);
  }

  /**
   * Allocates memory of the host that the device copies from and to by itself.
   *
   * @throws DeviceException if there is not so much
   */
  PinnedMemory allocatePinned(long bytes) {
    HostPointer pointer = new HostPointer();
    call(
        "allocating %d bytes of pinned memory".formatted(bytes),
        () -> JCudaDriver.cuMemHostAlloc(pointer, bytes, JCudaDriver.CU_MEMHOSTALLOC_PORTABLE));
    return new PinnedMemory(this, pointer, bytes);
  }

  /**
   * Pins memory that is there already, for all devices, until the result is closed.
   *
   * @param segment native memory, which must not be freed before that
   * @throws DeviceException if it cannot be pinned
   */
  RegisteredMemory register(MemorySegment segment) {
    HostPointer pointer = new HostPointer(segment);
    call(
        "pinning %d bytes".formatted(segment.byteSize()),
        () ->
            JCudaDriver.cuMemHostRegister(
                pointer, segment.byteSize(), JCudaDriver.CU_MEMHOSTREGISTER_PORTABLE));
    return new RegisteredMemory(this, pointer, segment);
  }

  /**
   * Makes a stream that waits for no other.
   *
   * @throws DeviceException if the device fails
   */
  Stream newStream() {
    CUstream stream = new CUstream();
    call(
        "making a stream",
        () -> JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    return new Stream(this, stream);
  }

  /**
   * Makes an event that takes the time.
   *
   * @throws DeviceException if the device fails
   */
  Event newEvent() {
    CUevent event = new CUevent();
    call("making an event", () -> JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT));
    return new Event(this, event);
  }

  /**
   * Returns how much memory of the device is free.
   *
   * @throws DeviceException if the device fails
   */
  long freeMemory() {
    long[] free = new long[1];
    long[] total = new long[1];
    call("asking for free memory", () -> JCudaDriver.cuMemGetInfo(free, total));
    return free[0];
  }

  private void check(String what, int code) {
    if (ErrorCodes.isSticky(code)) {
      isLost = true;
    }
    ErrorCodes.call(what, () -> code);
  }

  private <T> T current(Supplier<T> work) {
    return with(
        context -> {
          check(
              "making the context of %s current".formatted(device.name()),
              ErrorCodes.codeOf(() -> JCudaDriver.cuCtxPushCurrent(context)));
          try {
            return work.get();
          } finally {
            int _ = ErrorCodes.codeOf(() -> JCudaDriver.cuCtxPopCurrent(new CUcontext()));
          }
        });
  }
}
