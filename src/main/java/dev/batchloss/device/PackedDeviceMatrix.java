package dev.batchloss.device;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.DeviceMatrix;
import java.util.Objects;

/** The part of a {@link DeviceMatrix} that is the same on every device. */
public abstract class PackedDeviceMatrix implements DeviceMatrix {
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
    upload(source);
  }

  @Override
  public final void copyTo(Matrix target) {
    requireAlike(target);
    target.requireWritable("the target");
    download(target);
  }

  /** Copies a matrix that is known to fit to the device, and waits for it. */
  protected abstract void upload(Matrix source);

  /** Copies to a matrix that is known to fit, and waits for it. */
  protected abstract void download(Matrix target);

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
}
