package dev.batchloss.bench;

import java.nio.charset.StandardCharsets;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The memory of a CUDA device, and how fast the driver copies from one part of it to another: what
 * kernels are measured against. Lives while an engine is open on the device, which loads JCuda.
 */
final class DeviceCopy implements AutoCloseable {
  private static final int WARM_UP = 3;
  private static final int TIMED = 21;
  private static final int LONGEST_NAME = 256;

  private final CUdevice device = new CUdevice();

  /** Takes part in the device's primary context. */
  DeviceCopy(int ordinal) {
    check("finding the device", JCudaDriver.cuDeviceGet(device, ordinal));
    CUcontext context = new CUcontext();
    check("its context", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    check("its context", JCudaDriver.cuCtxPushCurrent(context));
  }

  /** Returns the device's name. */
  String name() {
    byte[] name = new byte[LONGEST_NAME];
    check("its name", JCudaDriver.cuDeviceGetName(name, name.length, device));
    return new String(name, StandardCharsets.UTF_8).replaceFirst("(?s)\0.*", "");
  }

  /** Returns how many bytes of its memory are free. */
  long freeBytes() {
    long[] free = new long[1];
    check("its memory", JCudaDriver.cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  /** Returns the bytes read and written in a second, the median of copies of so many bytes. */
  double bytesPerSecond(long bytes) {
    CUdeviceptr source = new CUdeviceptr();
    CUdeviceptr target = new CUdeviceptr();
    CUstream stream = new CUstream();
    CUevent start = new CUevent();
    CUevent end = new CUevent();
    check("memory", JCudaDriver.cuMemAlloc(source, bytes));
    check("memory", JCudaDriver.cuMemAlloc(target, bytes));
    check("a stream", JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
    check("an event", JCudaDriver.cuEventCreate(start, CUevent_flags.CU_EVENT_DEFAULT));
    check("an event", JCudaDriver.cuEventCreate(end, CUevent_flags.CU_EVENT_DEFAULT));
    check("filling", JCudaDriver.cuMemsetD8Async(source, (byte) 1, bytes, stream));
    float[] milliseconds = new float[1];
    double[] seconds = new double[TIMED];
    for (int i = -WARM_UP; i < TIMED; i++) {
      check("an event", JCudaDriver.cuEventRecord(start, stream));
      check("a copy", JCudaDriver.cuMemcpyDtoDAsync(target, source, bytes, stream));
      check("an event", JCudaDriver.cuEventRecord(end, stream));
      check("a copy", JCudaDriver.cuStreamSynchronize(stream));
      check("the time", JCudaDriver.cuEventElapsedTime(milliseconds, start, end));
      if (i >= 0) {
        seconds[i] = milliseconds[0] / 1e3;
      }
    }
    check("an event", JCudaDriver.cuEventDestroy(end));
    check("an event", JCudaDriver.cuEventDestroy(start));
    check("a stream", JCudaDriver.cuStreamDestroy(stream));
    check("memory", JCudaDriver.cuMemFree(target));
    check("memory", JCudaDriver.cuMemFree(source));
    return 2.0 * bytes / Samples.median(seconds);
  }

  @Override
  public void close() {
    check("its context", JCudaDriver.cuCtxPopCurrent(new CUcontext()));
    check("its context", JCudaDriver.cuDevicePrimaryCtxRelease(device));
  }

  private static void check(String what, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new IllegalStateException(
          "measuring the device's memory: %s: %s".formatted(what, CUresult.stringFor(code)));
    }
  }
}
