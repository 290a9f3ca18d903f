package dev.batchloss.cpu;

import java.lang.foreign.MemorySegment;

/**
 * How loops that read memory ask for what they read a few turns later. A processor looks some
 * hundred instructions ahead, and instructions that wait for an element keep their places: of a
 * loop with an exponential that is a few cache lines, too few to have memory busy all the time.
 * Java has no instruction that prefetches. A load that nothing but a branch never taken waits for
 * does the same: each turn compares an element ahead with a NaN, and a loop that meets this one NaN
 * gives its block up, to the loop that sums any block, and leaves its results as they were. A loop
 * that has written something by then only notes it.
 */
final class ReadAhead {
  /** Bytes of a cache line. */
  static final int LINE = 64;

  /** The bits of the NaN, in each type. */
  static final int FLOAT = 0x7fa5c3e1;

  static final long DOUBLE = 0x7ff4a5c3e15b7d29L;

  /** NaN both as FLOAT16 and as BFLOAT16. */
  static final short HALF = 0x7fa5;

  /** Eight cache lines; six are too few, and more than twelve no better. */
  private static final int BYTES = 8 * LINE;

  /**
   * A line of 16-bit elements lasts for two vectors. So few would be on their way at once that they
   * are asked for so many elements at a time.
   */
  static final int HALVES = BYTES / Short.BYTES;

  static final int LINE_OF_HALVES = LINE / Short.BYTES;

  private ReadAhead() {}

  /** How far ahead of elements up to {@code end} (exclusive) may be read. */
  static int floats(float[] array, int end) {
    return Math.min(BYTES / Float.BYTES, array.length - end);
  }

  static int doubles(double[] array, int end) {
    return Math.min(BYTES / Double.BYTES, array.length - end);
  }

  static long bytes(MemorySegment memory, long end) {
    return Math.min(BYTES, memory.byteSize() - end);
  }

  static int halves(short[] array, int end) {
    return Math.min(HALVES, array.length - end);
  }
}
