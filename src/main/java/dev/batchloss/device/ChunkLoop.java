package dev.batchloss.device;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.MatrixShape;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * The rows of a call, chunk after chunk, on slots in turn: of one device, or of several, which then
 * share the call. Chunks are collected in the order of their rows.
 *
 * @param <S> the slots of one backend
 */
public final class ChunkLoop<S extends ChunkSlot> {
  private final List<S> slots;
  private final Consumer<S> begin;
  private final RowFolding folding;

  /**
   * Prepares a call.
   *
   * @param slots that no chunk is on; at least one
   * @param begin prepares a slot for the call, before its first chunk
   * @param folding takes the rows
   */
  public ChunkLoop(List<S> slots, Consumer<S> begin, RowFolding folding) {
    this.slots = slots;
    this.begin = begin;
    this.folding = folding;
  }

  /**
   * Runs the call. Where memory runs out, smaller chunks are tried for the rows that have not come
   * back. The slots are ended in any case.
   *
   * @param input what is cut into chunks
   * @param progress says where to start, and is told of every chunk
   * @param mostBytes how much of it a chunk may take; see {@link RowChunks#of}
   * @param isOutOfMemory tells of a {@link DeviceException}'s code whether less memory might have
   *     been had
   * @throws dev.batchloss.data.InvalidDataException as {@link RowFolding#fold}
   * @throws DeviceException if a device fails, or has not memory enough for one row
   */
  public void run(
      MatrixShape input, RunProgress progress, long mostBytes, IntPredicate isOutOfMemory) {
    long bytes = mostBytes;
    while (true) {
      RowChunks chunks = RowChunks.of(input, progress.firstRow(), bytes);
      try {
        run(chunks, progress);
        return;
      } catch (DeviceException e) {
        if (!isOutOfMemory.test(e.code()) || chunks.mostRows() <= 1) {
          throw e;
        }
        long used = (long) chunks.mostRows() * input.classes() * input.type().bytes();
        bytes = Math.min(bytes, used) / 2;
      }
    }
  }

  private void run(RowChunks chunks, RunProgress progress) {
    try {
      runAll(chunks, progress);
    } catch (RuntimeException | Error e) {
      try {
        endAll(slots.iterator());
      } catch (RuntimeException | Error further) {
        e.addSuppressed(further);
      }
      throw e;
    }
    endAll(slots.iterator());
  }

  private void runAll(RowChunks chunks, RunProgress progress) {
    for (long number = 0; number < chunks.count(); number++) {
      S slot = at(number);
      if (number < slots.size()) {
        begin.accept(slot);
      }
      collect(slot, progress);
      slot.start(chunks.at(number));
    }
    for (int turn = 0; turn < slots.size(); turn++) {
      collect(at(chunks.count() + turn), progress);
    }
  }

  private S at(long turn) {
    return slots.get((int) (turn % slots.size()));
  }

  private void collect(S slot, RunProgress progress) {
    if (slot.isBusy()) {
      slot.collect(folding, progress);
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
