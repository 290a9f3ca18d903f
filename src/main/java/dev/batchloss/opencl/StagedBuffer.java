package dev.batchloss.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the host fills and kernels read, or the other way round: a buffer of the device with
 * host memory beside it, or the same memory where the device shares the host's. Grows when it is
 * asked for more. Used by one thread at a time.
 */
final class StagedBuffer implements AutoCloseable {
  /** Of memory that devices may use in place: a page. */
  private static final long ALIGNMENT = 4096;

  private final DeviceContext context;
  private final CommandQueue queue;
  private final boolean isShared;
  private @Nullable Arena arena;
  private @Nullable MemorySegment host;
  private @Nullable DeviceBuffer buffer;
  private @Nullable Mapping reading;
  private @Nullable Mapping writing;

  /** Starts without memory; its commands go to {@code queue}. */
  StagedBuffer(DeviceContext context, CommandQueue queue) {
    this.context = context;
    this.queue = queue;
    this.isShared = context.description().unifiedMemory();
  }

  /**
   * Makes room; what it held is lost if it has to grow.
   *
   * @throws dev.batchloss.data.DeviceException if there is no such memory
   */
  void reserve(long bytes) {
    if (host != null && host.byteSize() >= bytes) {
      return;
    }
    close();
    Arena newArena = Arena.ofShared();
    try {
      // A device's own memory is no longer than asked for, so that checkers see what lies beyond.
      long room = isShared ? Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT : bytes;
      MemorySegment memory = newArena.allocate(room, ALIGNMENT);
      buffer =
          isShared ? context.wrap(memory, Access.READ_WRITE) : context.allocate(memory.byteSize());
      host = memory;
      arena = newArena;
    } finally {
      if (arena == null) {
        newArena.close();
      }
    }
  }

  /** Returns the buffer for kernels. */
  DeviceBuffer buffer() {
    return reserved(buffer);
  }

  /** Returns the memory for the host to write; waits for the queue unless it was readied. */
  MemorySegment beginWrite(long bytes) {
    if (isShared && writing == null) {
      writing = queue.map(buffer(), Access.WRITE);
      queue.finish();
    }
    return reserved(host).asSlice(0, bytes);
  }

  /** Sees to it that kernels enqueued after this see the first {@code bytes}. */
  void endWrite(long bytes) {
    if (isShared) {
      queue.unmap(reserved(writing));
      writing = null;
    } else {
      queue.write(buffer(), 0, reserved(host).asSlice(0, bytes));
    }
  }

  /**
   * Enqueues, after the last kernel that reads the memory, what lets the host write it again once
   * the queue has come so far: who waits for that anyway then need not wait a second time.
   */
  void ready() {
    if (isShared && buffer != null && writing == null) {
      writing = queue.map(buffer, Access.WRITE);
    }
  }

  /** Enqueues what lets the host read the first {@code bytes} once the queue has come so far. */
  void beginRead(long bytes) {
    if (isShared) {
      reading = queue.map(buffer(), Access.READ);
    } else {
      queue.read(buffer(), 0, reserved(host).asSlice(0, bytes));
    }
  }

  /** Returns what was asked for; the queue has come so far. */
  MemorySegment host(long bytes) {
    return reserved(host).asSlice(0, bytes);
  }

  /** Ends what {@link #beginRead} began, if anything. */
  void endRead() {
    unmap(reading);
    reading = null;
  }

  /** Waits for the queue and frees both sides. */
  @Override
  public void close() {
    try {
      if (buffer != null) {
        unmap(writing);
        unmap(reading);
        queue.finish();
      }
    } finally {
      release();
    }
  }

  private void release() {
    writing = null;
    reading = null;
    if (buffer != null) {
      buffer.close();
      buffer = null;
    }
    if (arena != null) {
      arena.close();
      arena = null;
      host = null;
    }
  }

  private void unmap(@Nullable Mapping mapping) {
    if (mapping != null) {
      queue.unmap(mapping);
    }
  }

  private static <T> T reserved(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("the staged buffer has no memory");
    }
    return part;
  }
}
