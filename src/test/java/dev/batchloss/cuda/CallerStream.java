package dev.batchloss.cuda;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.DeviceView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A stream of a program that has its logits on the device, and memory that it copies in order. */
final class CallerStream implements AutoCloseable {
  private final CudaContext context;
  private final Handle handle = new Handle();
  private final Stream stream;
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  CallerStream(CudaContext context) {
    this.context = context;
    context.call(
        "making a stream",
        () -> JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING));
    this.stream = new Stream(context, handle);
  }

  /** Returns the driver's handle. */
  long handle() {
    return handle.address();
  }

  /** Enqueues a copy to the device; returns where it will be. */
  DeviceBuffer send(MemorySegment bytes) {
    DeviceBuffer buffer = allocate(bytes.byteSize());
    MemorySegment pinned = pinned(bytes.byteSize());
    pinned.copyFrom(bytes);
    stream.copyIn(buffer, 0, pinned);
    return buffer;
  }

  DeviceBuffer send(int... numbers) {
    return send(MemorySegment.ofArray(numbers));
  }

  DeviceBuffer send(long... numbers) {
    return send(MemorySegment.ofArray(numbers));
  }

  DeviceBuffer allocate(long bytes) {
    DeviceBuffer buffer = context.allocate(Math.max(1, bytes));
    owned.push(buffer);
    return buffer;
  }

  /** Enqueues a copy of packed rows. */
  DeviceView send(Matrix matrix) {
    DeviceBuffer buffer = send(matrix.segment());
    return DeviceView.of(buffer.address(), matrix.type(), matrix.rows(), matrix.classes());
  }

  /** Returns memory of packed rows that holds {@code filler} in every byte. */
  DeviceView filled(ElementType type, long rows, int classes, int filler) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[(int) rows * classes * type.bytes()]);
    return DeviceView.of(send(bytes.fill((byte) filler)).address(), type, rows, classes);
  }

  /** Enqueues a copy to the host, which is there after the next wait. */
  MemorySegment fetch(long address, long bytes) {
    MemorySegment pinned = pinned(bytes);
    context.call(
        "copying",
        () ->
            JCudaDriver.cuMemcpyDtoHAsync(
                new HostPointer(pinned), new Address(address), bytes, handle));
    return pinned;
  }

  MemorySegment fetch(DeviceView packed) {
    return fetch(packed.address(), packed.rows() * packed.classes() * packed.type().bytes());
  }

  double[] doubles(DeviceBuffer buffer, int count) {
    MemorySegment bytes = fetch(buffer.address(), (long) count * Double.BYTES);
    synchronize();
    return bytes.toArray(ValueLayout.JAVA_DOUBLE);
  }

  void synchronize() {
    stream.synchronize("waiting for the test's stream");
  }

  @Override
  public void close() {
    synchronize();
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    stream.close();
  }

  private MemorySegment pinned(long bytes) {
    PinnedMemory memory = context.allocatePinned(Math.max(1, bytes));
    owned.push(memory);
    return memory.segment().asSlice(0, bytes);
  }

  private static final class Handle extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Address extends jcuda.driver.CUdeviceptr {
    Address(long address) {
      super(new jcuda.driver.CUdeviceptr(), address);
    }
  }
}
