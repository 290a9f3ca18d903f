package dev.batchloss.opencl;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jocl.Pointer;

/** The host's native memory as JOCL takes it. */
final class NativeMemory {
  private NativeMemory() {}

  /**
   * Returns a pointer that non-blocking transfers accept. They demand a direct buffer, and hold it
   * and through it the segment's arena until they are done; only its address counts, so that a
   * segment of more than 2 GiB needs no buffer of its length.
   *
   * @param segment not empty
   * @throws IllegalArgumentException if the segment is not native memory
   */
  static Pointer transferable(MemorySegment segment) {
    requireNative(segment);
    ByteBuffer start = segment.asSlice(0, 1).asByteBuffer();
    return Pointer.to(start);
  }

  /**
   * Returns a pointer to memory of any size; it keeps nothing alive.
   *
   * @throws IllegalArgumentException if the segment is not native memory
   */
  static Pointer address(MemorySegment segment) {
    requireNative(segment);
    return new Pointer().withByteOffset(segment.address());
  }

  private static void requireNative(MemorySegment segment) {
    if (!segment.isNative() || segment.isMapped()) {
      throw new IllegalArgumentException(
          "a segment of %d bytes is %s, must be native memory"
              .formatted(
                  segment.byteSize(), segment.isMapped() ? "a mapped file" : "on the Java heap"));
    }
  }
}
