package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.Packing;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;

/** A packed matrix in a buffer of an OpenCL device. */
final class OpenClMatrix implements DeviceMatrix {
  /** A piece of a copy, where an outer index is not larger by itself. */
  private static final long PIECE = 32L << 20;

  private final OpenClBackend owner;
  private final ElementType type;
  private final long outer;
  private final int classes;
  private final long inner;
  private final DeviceBuffer buffer;

  OpenClMatrix(
      OpenClBackend owner,
      DeviceContext context,
      ElementType type,
      long outer,
      int classes,
      long inner) {
    this.owner = owner;
    this.type = type;
    this.outer = outer;
    this.classes = classes;
    this.inner = inner;
    long elements = Math.multiplyExact(Math.multiplyExact(outer, inner), (long) classes);
    this.buffer = context.allocate(Math.max(1, Math.multiplyExact(elements, (long) type.bytes())));
  }

  @Override
  public String backend() {
    return owner.name();
  }

  @Override
  public ElementType type() {
    return type;
  }

  @Override
  public long outer() {
    return outer;
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public long inner() {
    return inner;
  }

  @Override
  public void copyFrom(Matrix source) {
    requireLike("source", source);
    transfer(
        (queue, staging) -> {
          for (long from = 0; from < outer; from += outerPerPiece()) {
            Matrix piece = source.outerSlice(from, Math.min(outer, from + outerPerPiece()));
            Packing.pack(piece, staging);
            queue.write(buffer, from * bytesPerOuter(), staging.asSlice(0, Packing.bytes(piece)));
            queue.finish();
          }
        });
  }

  @Override
  public void copyTo(Matrix target) {
    requireLike("target", target);
    if (target.segment().isReadOnly() || !target.hasDistinctElements()) {
      throw new IllegalArgumentException("target cannot be written: " + target);
    }
    transfer(
        (queue, staging) -> {
          for (long from = 0; from < outer; from += outerPerPiece()) {
            Matrix piece = target.outerSlice(from, Math.min(outer, from + outerPerPiece()));
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

  @Override
  public String toString() {
    return "%s %d×%d%s on %s"
        .formatted(type, outer, classes, inner == 1 ? "" : "×" + inner, owner.name());
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
    long element = (row / inner * classes + classIndex) * inner + row % inner;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment one = arena.allocate(type.bytes());
      queue.read(buffer, element * type.bytes(), one);
      queue.finish();
      return type.get(one, 0);
    }
  }

  /** A copy, piece by piece through memory that the runtime can use. */
  private void transfer(BiConsumer<CommandQueue, MemorySegment> copy) {
    if (rows() == 0 || classes == 0) {
      return;
    }
    owner.transfer(
        queue -> {
          try (Arena arena = Arena.ofShared()) {
            long bytes = Math.min(outer, outerPerPiece()) * bytesPerOuter();
            copy.accept(queue, arena.allocate(bytes, Long.BYTES));
          }
        });
  }

  private long bytesPerOuter() {
    return classes * inner * type.bytes();
  }

  private long outerPerPiece() {
    return Math.max(1, PIECE / Math.max(1, bytesPerOuter()));
  }

  private void requireLike(String what, Matrix matrix) {
    if (!matrix.hasShapeOf(this) || matrix.type() != type) {
      throw new IllegalArgumentException("%s is %s, must be like %s".formatted(what, matrix, this));
    }
  }
}
