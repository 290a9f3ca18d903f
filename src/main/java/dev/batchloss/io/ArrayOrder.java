package dev.batchloss.io;

/** Which axis of an array runs fastest in the file. */
public enum ArrayOrder {
  /** The last axis: row-major, as in C. */
  C,
  /** The first axis: column-major, as in Fortran. */
  FORTRAN
}
