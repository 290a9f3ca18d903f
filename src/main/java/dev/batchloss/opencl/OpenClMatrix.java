package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.PackedDeviceMatrix;
import dev.batchloss.device.Packing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;

/** A packed matrix in a buffer of an OpenCL device. */
final class OpenClMatrix extends PackedDeviceMatrix {
  /** A piece of a copy, where an outer index is not larger by itself. */
  private static final long PIECE = 32L << 20;

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
  protected void upload(Matrix source) {
    transfer(
        (queue, staging) -> {
          for (long from = 0; from < outer(); from += outerPerPiece()) {
            Matrix piece = source.outerSlice(from, Math.min(outer(), from + outerPerPiece()));
            Packing.pack(piece, staging);
            queue.write(buffer, from * bytesPerOuter(), staging.asSlice(0, Packing.bytes(piece)));
            queue.finish();
          }
        });
  }

  @Override
  protected void download(Matrix target) {
    transfer(
        (queue, staging) -> {
          for (long from = 0; from < outer(); from += outerPerPiece()) {
            Matrix piece = target.outerSlice(from, Math.min(outer(), from + outerPerPiece()));
            queue.read(buffer, from * bytesPerOuter(), staging.asSlice(0, Packing.bytes(piece)));
            queue.finish();
            Packing.unpack(staging, piece);
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
    long element = (row / inner() * classes() + classIndex) * inner() + row % inner();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment one = arena.allocate(type().bytes());
      queue.read(buffer, element * type().bytes(), one);
      queue.finish();
      return type().get(one, 0);
    }
  }

  /** A copy, piece by piece through memory that the runtime can use. */
  private void transfer(BiConsumer<CommandQueue, MemorySegment> copy) {
    if (rows() == 0 || classes() == 0) {
      return;
    }
    owner.transfer(
        queue -> {
          try (Arena arena = Arena.ofShared()) {
            long bytes = Math.min(outer(), outerPerPiece()) * bytesPerOuter();
            copy.accept(queue, arena.allocate(bytes, Long.BYTES));
          }
        });
  }

  private long bytesPerOuter() {
    return classes() * inner() * type().bytes();
  }

  private long outerPerPiece() {
    return Math.max(1, PIECE / Math.max(1, bytesPerOuter()));
  }
}
