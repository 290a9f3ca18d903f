package dev.batchloss.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/**
 * The host's native memory as JCuda takes it, of any size; keeps nothing alive. Memory of the Java
 * heap is never given to JCuda, which would stop the collector while it copies.
 */
final class HostPointer extends Pointer {
  /** Points nowhere, until JCuda fills it. */
  HostPointer() {}

  /**
   * Points to a segment.
   *
   * @throws IllegalArgumentException if it is not native memory, or a mapped file
   */
  HostPointer(MemorySegment segment) {
    super(addressOf(segment));
  }

  /** Returns the address. */
  long address() {
    return getNativePointer();
  }

  private static long addressOf(MemorySegment segment) {
    if (!segment.isNative() || segment.isMapped()) {
      throw new IllegalArgumentException(
          "a segment of %d bytes is %s, must be native memory"
              .formatted(
                  segment.byteSize(), segment.isMapped() ? "a mapped file" : "on the Java heap"));
    }
    return segment.address();
  }
}
