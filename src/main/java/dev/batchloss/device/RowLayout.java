package dev.batchloss.device;

import dev.batchloss.data.Matrix;

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

  /** Returns the layout of a matrix. */
  public static RowLayout of(Matrix matrix) {
    return matrix.inner() == 1 && matrix.outerStride() >= matrix.classStride() ? ALONG : ACROSS;
  }
}
