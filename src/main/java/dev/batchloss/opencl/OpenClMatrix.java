package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.PackedDeviceMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;

/** A packed matrix in a buffer of an OpenCL device. */
final class OpenClMatrix extends PackedDeviceMatrix {
  private final OpenClBackend owner;
  private final DeviceBuffer buffer;

  OpenClMatrix(
      OpenClBackend owner,
      DeviceContext context,
      ElementType type,
      long outer,
      int classes,
      long inner) {
    super(owner.name(), type, outer, classes, inner);
    this.owner = owner;
    this.buffer = context.allocate(Math.max(1, bytes(type, outer, classes, inner)));
  }

  @Override
  protected void transfer(long stagingBytes, BiConsumer<DeviceMemory, MemorySegment> copy) {
    boolean _ =
        owner.onSlots(
            slots -> {
              try (Arena arena = Arena.ofShared()) {
                copy.accept(
                    memory(slots.getFirst().queue()), arena.allocate(stagingBytes, Long.BYTES));
                return true;
              }
            });
  }

  @Override
  public void close() {
    buffer.close();
  }

  DeviceBuffer buffer() {
    buffer.requireOpen();
    return buffer;
  }

  boolean isOf(OpenClBackend backend) {
    return owner == backend;
  }

  /** Fetches one element, for messages. */
  double get(long row, int classIndex, CommandQueue queue) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment one = arena.allocate(type().bytes());
      memory(queue).read(offsetOf(row, classIndex), one);
      return type().get(one, 0);
    }
  }

  private DeviceMemory memory(CommandQueue queue) {
    return new DeviceMemory() {
      @Override
      public void write(long offset, MemorySegment from) {
        queue.write(buffer, offset, from);
        queue.finish();
      }

      @Override
      public void read(long offset, MemorySegment to) {
        queue.read(buffer, offset, to);
        queue.finish();
      }
    };
  }
}
