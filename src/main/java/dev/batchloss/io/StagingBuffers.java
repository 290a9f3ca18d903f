package dev.batchloss.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Native memory of a fixed size that is used again from call to call, one piece for each call in
 * progress. The collector frees it, so that closing a file can never pull it from under a read.
 */
final class StagingBuffers {
  static final int BYTES = 4 << 20;

  private final ConcurrentLinkedQueue<MemorySegment> free = new ConcurrentLinkedQueue<>();

  /** Returns {@link #BYTES} bytes, to be given back. */
  MemorySegment take() {
    MemorySegment buffer = free.poll();
    return buffer != null ? buffer : Arena.ofAuto().allocate(BYTES, 64);
  }

  void giveBack(MemorySegment buffer) {
    free.add(buffer);
  }
}
