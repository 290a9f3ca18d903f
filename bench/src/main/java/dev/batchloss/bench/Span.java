package dev.batchloss.bench;

import dev.batchloss.data.Matrix;

/**
 * The memory of a matrix and of a second one of the same size, without their meaning: what can be
 * read, copied or rewritten in it, written with the Vector API. Ranges are in bytes, multiples of
 * {@value #GRAIN}; ranges that do not overlap may run in different threads.
 */
sealed interface Span permits FloatArraySpan, DoubleArraySpan, ShortArraySpan, SegmentSpan {
  /** Every range begins and ends at a multiple of this many bytes: four vectors of 512 bits. */
  int GRAIN = 256;

  /**
   * A contiguous matrix and where a copy of it goes, both arrays or both native memory. Arrays are
   * read as arrays of their own type: C2 does not compile reading them through segments of another
   * type to vector instructions.
   */
  static Span of(Matrix source, Matrix target) {
    Object from = source.array();
    Object to = target.array();
    if (from instanceof float[] a && to instanceof float[] b) {
      return new FloatArraySpan(a, b);
    }
    if (from instanceof double[] a && to instanceof double[] b) {
      return new DoubleArraySpan(a, b);
    }
    if (from instanceof short[] a && to instanceof short[] b) {
      return new ShortArraySpan(a, b);
    }
    return SegmentSpan.of(source, target);
  }

  /** Reads every byte of the range once; what it returns depends on all of them. */
  double sum(long from, long to);

  /** The same in the loop that one would write first, without the Vector API. */
  double plainSum(long from, long to);

  /** Writes the range of the first matrix to the second one. */
  void copy(long from, long to);

  /** Multiplies each element of the first matrix's range by −1: reads and writes in place. */
  void negate(long from, long to);
}
