package dev.batchloss.device;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.MatrixShape;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;

/**
 * The rows of a call, chunk after chunk. Which slot takes a chunk is for the subclasses to say; all
 * hand chunks over in the order of their rows.
 *
 * @param <S> the slots of one backend
 */
public abstract sealed class ChunkLoop<S extends ChunkSlot> permits TurnLoop, QueueLoop {
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
  ChunkLoop(List<S> slots, Consumer<S> begin, RowFolding folding) {
    this.slots = List.copyOf(slots);
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
  public final void run(
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
        DespiteFailures.forEach(slots, ChunkSlot::end);
      } catch (RuntimeException | Error further) {
        e.addSuppressed(further);
      }
      throw e;
    }
    DespiteFailures.forEach(slots, ChunkSlot::end);
  }

  /** Runs all chunks, on slots that are ready for a call and have not begun it. */
  abstract void runAll(RowChunks chunks, RunProgress progress);

  /** Returns the slots. */
  final List<S> slots() {
    return slots;
  }

  /** Prepares a slot for the call. */
  final void begin(S slot) {
    begin.accept(slot);
  }

  /** Waits for a slot's chunk, in its turn. */
  final void collect(S slot, RunProgress progress) {
    slot.collect(folding, progress);
  }

  /** Returns what takes the rows. */
  final RowFolding folding() {
    return folding;
  }
}
