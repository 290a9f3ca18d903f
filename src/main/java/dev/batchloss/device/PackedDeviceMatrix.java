package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.DeviceMatrix;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.BiConsumer;

/** The part of a {@link DeviceMatrix} that is the same on every device. */
public abstract class PackedDeviceMatrix implements DeviceMatrix {
  /** A piece of a copy, where an outer index is not larger by itself. */
  private static final long PIECE = 32L << 20;

  private final String backend;
  private final ElementType type;
  private final long outer;
  private final int classes;
  private final long inner;

  /**
   * Describes the matrix.
   *
   * @param backend the name of the backend on whose device it is
   * @throws IllegalArgumentException if a length is negative, or there are more bytes than 2^63
   */
  protected PackedDeviceMatrix(
      String backend, ElementType type, long outer, int classes, long inner) {
    this.backend = backend;
    this.type = Objects.requireNonNull(type, "type");
    this.outer = outer;
    this.classes = classes;
    this.inner = inner;
    bytes(type, outer, classes, inner);
  }

  /**
   * Returns how many bytes such a matrix takes.
   *
   * @throws IllegalArgumentException if a length is negative, or there are more bytes than 2^63
   */
  public static long bytes(ElementType type, long outer, int classes, long inner) {
    if (outer < 0 || classes < 0 || inner < 0) {
      throw new IllegalArgumentException(
          "a matrix of %d×%d×%d: a length must not be negative".formatted(outer, classes, inner));
    }
    try {
      return Math.multiplyExact(Math.multiplyExact(outer, inner), (long) classes * type.bytes());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "a matrix of %d×%d×%d %s is larger than 2^63 bytes"
              .formatted(outer, classes, inner, type),
          e);
    }
  }

  @Override
  public final String backend() {
    return backend;
  }

  @Override
  public final ElementType type() {
    return type;
  }

  @Override
  public final long outer() {
    return outer;
  }

  @Override
  public final int classes() {
    return classes;
  }

  @Override
  public final long inner() {
    return inner;
  }

  @Override
  public final void copyFrom(Matrix source) {
    requireAlike(source);
    transfer(
        (device, staging) -> {
          for (long from = 0; from < outer; from += outerPerPiece()) {
            Matrix piece = source.outerSlice(from, Math.min(outer, from + outerPerPiece()));
            Packing.pack(piece, staging);
            device.write(from * bytesPerOuter(), staging.asSlice(0, Packing.bytes(piece)));
          }
        });
  }

  @Override
  public final void copyTo(Matrix target) {
    requireAlike(target);
    target.requireWritable("the target");
    transfer(
        (device, staging) -> {
          for (long from = 0; from < outer; from += outerPerPiece()) {
            Matrix piece = target.outerSlice(from, Math.min(outer, from + outerPerPiece()));
            device.read(from * bytesPerOuter(), staging.asSlice(0, Packing.bytes(piece)));
            Packing.unpack(staging, piece);
          }
        });
  }

  /** The matrix's memory on the device; both ways are done on return. */
  protected interface DeviceMemory {
    /** Copies to the device, from this byte of the matrix on. */
    void write(long offset, MemorySegment from);

    /** Copies from the device, from this byte of the matrix on. */
    void read(long offset, MemorySegment to);
  }

  /**
   * Lets a copy run.
   *
   * @param stagingBytes how much native memory of the host the copy is to get; positive
   * @param copy what to run
   * @throws IllegalStateException if this matrix or its engine is closed
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  protected abstract void transfer(long stagingBytes, BiConsumer<DeviceMemory, MemorySegment> copy);

  /** Returns where an element stands in the matrix, in bytes. */
  protected final long offsetOf(long row, int classIndex) {
    return ((row / inner * classes + classIndex) * inner + row % inner) * type.bytes();
  }

  @Override
  public String toString() {
    return type + " " + outer + "×" + classes + (inner == 1 ? "" : "×" + inner) + " on " + backend;
  }

  private void requireAlike(Matrix host) {
    if (type != host.type() || !hasShapeOf(host)) {
      throw new IllegalArgumentException(
          "%s and %s are not of one shape and element type".formatted(host, this));
    }
  }

  private void transfer(BiConsumer<DeviceMemory, MemorySegment> copy) {
    if (rows() > 0 && classes > 0) {
      transfer(Math.min(outer, outerPerPiece()) * bytesPerOuter(), copy);
    }
  }

  private long bytesPerOuter() {
    return classes * inner * type.bytes();
  }

  private long outerPerPiece() {
    return Math.max(1, PIECE / Math.max(1, bytesPerOuter()));
  }
}
