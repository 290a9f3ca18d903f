package dev.batchloss.cuda;

import dev.batchloss.cuda.RowParameters.Place;
import dev.batchloss.data.ElementType;
import dev.batchloss.device.PackedDeviceMatrix;
import dev.batchloss.device.RowChunk;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** A packed matrix in the memory of a CUDA device. */
final class CudaMatrix extends PackedDeviceMatrix {
  private final CudaBackend owner;
  private final DeviceBuffer buffer;

  CudaMatrix(
      CudaBackend owner,
      CudaContext context,
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
        whileOpen(
            () ->
                owner.onSlots(
                    slots -> {
                      RowSlot slot = slots.getFirst();
                      copy.accept(memory(slot), slot.staging(stagingBytes));
                      return true;
                    }));
  }

  @Override
  public void close() {
    buffer.close();
  }

  /**
   * Runs work during which the memory is not freed.
   *
   * @throws IllegalStateException if this is closed
   */
  <T> T whileOpen(Supplier<T> work) {
    return buffer.with(_ -> work.get());
  }

  boolean isOf(CudaBackend backend) {
    return owner == backend;
  }

  /** Returns where the rows of a chunk lie. */
  Place place(RowChunk chunk) {
    return new Place(
        buffer.address() + chunk.packedOffset() * type().bytes(),
        type(),
        classes() * inner(),
        inner(),
        1);
  }

  /** Fetches one element, for messages. */
  double get(long row, int classIndex, RowSlot slot) {
    // The slot may have a chunk on its way: not in the memory that this takes.
    MemorySegment one = slot.found().host(type().bytes());
    memory(slot).read(offsetOf(row, classIndex), one);
    return type().get(one, 0);
  }

  private DeviceMemory memory(RowSlot slot) {
    Stream stream = slot.stream();
    return new DeviceMemory() {
      @Override
      public void write(long offset, MemorySegment from) {
        stream.copyIn(buffer, offset, from);
        stream.synchronize("copying to " + CudaMatrix.this);
      }

      @Override
      public void read(long offset, MemorySegment to) {
        stream.copyOut(buffer, offset, to);
        stream.synchronize("copying from " + CudaMatrix.this);
      }
    };
  }
}
