package dev.batchloss.device;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.MatrixShape;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a call, taken in their order by one worker or by several, such as one a device.
 * Thread-safe.
 */
public final class ChunkQueue {
  private final RowChunks chunks;
  private final AtomicLong next = new AtomicLong();
  private final AtomicLong collected = new AtomicLong();

  private ChunkQueue(RowChunks chunks) {
    this.chunks = chunks;
  }

  /**
   * Cuts a call into chunks and has them worked on. Where memory runs out before anything has come
   * back, smaller ones are tried.
   *
   * @param input what is cut
   * @param mostBytes how much of it a chunk may take; see {@link RowChunks#of}
   * @param isOutOfMemory tells of a {@link DeviceException}'s code whether less memory might have
   *     been had
   * @param workers works on all of a queue's chunks; may be called several times
   * @throws DeviceException if the device fails, or has not memory enough for one row
   */
  public static void run(
      MatrixShape input, long mostBytes, IntPredicate isOutOfMemory, Consumer<ChunkQueue> workers) {
    long bytes = mostBytes;
    while (true) {
      ChunkQueue queue = new ChunkQueue(RowChunks.of(input, bytes));
      try {
        workers.accept(queue);
        return;
      } catch (DeviceException e) {
        int rows = queue.chunks.mostRows();
        boolean canShrink = rows > 1 && queue.collected.get() == 0;
        if (!isOutOfMemory.test(e.code()) || !canShrink) {
          throw e;
        }
        bytes = Math.min(bytes, (long) rows * input.classes() * input.type().bytes()) / 2;
      }
    }
  }

  /** Returns how many chunks there are in all. */
  public long count() {
    return chunks.count();
  }

  /**
   * Takes chunks until there are none, on slots in turn; after a failure no worker begins another.
   * The slots are ended in any case.
   *
   * @param begin prepares a slot for the call, before its first chunk
   * @param folding takes the rows
   * @throws dev.batchloss.data.InvalidDataException as {@link RowFolding#fold}
   * @throws DeviceException if the device fails
   */
  public <S extends ChunkSlot> void work(List<S> slots, Consumer<S> begin, RowFolding folding) {
    boolean isDone = false;
    try {
      int turn = 0;
      for (RowChunk chunk = take(); chunk != null; chunk = take()) {
        S slot = slots.get(turn % slots.size());
        if (turn < slots.size()) {
          begin.accept(slot);
        }
        collect(slot, folding);
        slot.start(chunk);
        // Wraps among the numbers from which every slot has begun.
        turn = turn + 1 < 2 * slots.size() ? turn + 1 : slots.size();
      }
      for (int i = 0; i < slots.size(); i++) {
        collect(slots.get((turn + i) % slots.size()), folding);
      }
      isDone = true;
    } finally {
      if (!isDone) {
        next.set(chunks.count());
      }
      endAll(slots.iterator());
    }
  }

  private synchronized @Nullable RowChunk take() {
    long number = next.get();
    if (number >= chunks.count()) {
      return null;
    }
    next.set(number + 1);
    return chunks.at(number);
  }

  private void collect(ChunkSlot slot, RowFolding folding) {
    if (slot.isBusy()) {
      slot.collect(folding);
      collected.incrementAndGet();
    }
  }

  private static void endAll(Iterator<? extends ChunkSlot> slots) {
    if (slots.hasNext()) {
      try {
        slots.next().end();
      } finally {
        endAll(slots);
      }
    }
  }
}
