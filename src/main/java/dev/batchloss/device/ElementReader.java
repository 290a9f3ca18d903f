package dev.batchloss.device;

/** Reads single elements of a matrix, wherever it is; for messages, not for speed. */
@FunctionalInterface
public interface ElementReader {
  /** Returns the element, exactly. */
  double read(long row, int classIndex);
}
