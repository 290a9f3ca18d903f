package dev.batchloss.spi;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;

/**
 * Outer × classes × inner numbers in the memory of a device, without gaps, the inner index fastest.
 * It belongs to the engine that allocated it, and only that can use it. Whoever asked for it closes
 * it; once its engine is closed, closing it is all that can still be done. Every method may be
 * called from any thread; what a matrix holds is unspecified while one call writes it and another
 * uses it.
 */
public interface DeviceMatrix extends MatrixShape, AutoCloseable {
  /** Returns the name of the backend on whose device it is. */
  String backend();

  /**
   * Copies the elements of {@code source} to the device; blocks until they are there.
   *
   * @param source the same shape and element type, any strides; only read
   * @throws IllegalArgumentException if the shape or the element type differs
   * @throws IllegalStateException if this matrix or its engine is closed
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  void copyFrom(Matrix source);

  /**
   * Copies the elements from the device to {@code target}; blocks until they are there.
   *
   * @param target the same shape and element type, any strides, no element twice
   * @throws IllegalArgumentException if the shape or the element type differs, or {@code target}
   *     cannot be written
   * @throws IllegalStateException if this matrix or its engine is closed
   * @throws dev.batchloss.data.DeviceException if the device fails; what {@code target} holds is
   *     unspecified then
   */
  void copyTo(Matrix target);

  /** On a device every matrix has elements of its own. */
  @Override
  default boolean isSameView(MatrixShape other) {
    return equals(other);
  }

  /**
   * Frees the memory, at once or when the call that uses it has ended. Closing twice does nothing.
   */
  @Override
  void close();
}
