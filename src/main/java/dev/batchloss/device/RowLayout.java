package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;

/**
 * How the rows of a whole matrix lie, and so how a device reads them and in which order it adds
 * them up. A function of the inner length and the strides alone: every chunk of a matrix has the
 * matrix's layout, whatever the number of its rows.
 */
public enum RowLayout {
  /** A row's classes follow each other; packed rows × classes. */
  ALONG,
  /**
   * Rows that follow each other have their elements of one class side by side; packed outer ×
   * classes × inner.
   */
  ACROSS;

  /** Returns the layout of a matrix; one that is no {@link Matrix} is packed. */
  public static RowLayout of(MatrixShape matrix) {
    boolean isTurned =
        matrix instanceof Matrix strided && strided.outerStride() < strided.classStride();
    return matrix.inner() == 1 && !isTurned ? ALONG : ACROSS;
  }
}
