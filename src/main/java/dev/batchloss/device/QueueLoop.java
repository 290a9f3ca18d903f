package dev.batchloss.device;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Slots of several devices, which share a call: whichever slot is free takes the next chunk. What
 * comes back before its turn is parked, so that a slow device holds up no other, up to a bound on
 * the memory that this takes.
 *
 * @param <S> the slots of one backend
 */
public final class QueueLoop<S extends SharingSlot> extends ChunkLoop<S> {
  /** Beyond so many bytes the first chunk that is still on its way is waited for. */
  static final long MOST_PARKED = 256L << 20;

  /** No call of a driver waits for several devices; a chunk takes some hundred times as long. */
  private static final long NANOS_BETWEEN_LOOKS = 20_000;

  private final long mostParked;

  /**
   * Prepares a call.
   *
   * @param slots that no chunk is on, those of each device apart; at least one
   * @param begin prepares a slot for the call, before its first chunk
   * @param folding takes the rows
   */
  public QueueLoop(List<S> slots, Consumer<S> begin, RowFolding folding) {
    this(slots, begin, folding, MOST_PARKED);
  }

  QueueLoop(List<S> slots, Consumer<S> begin, RowFolding folding, long mostParked) {
    super(slots, begin, folding);
    this.mostParked = mostParked;
  }

  @Override
  void runAll(RowChunks chunks, RunProgress progress) {
    Run run = new Run(chunks, progress);
    try {
      run.runAll();
    } finally {
      run.discardParked();
    }
  }

  /** A chunk that was started and not yet collected: in a slot, or parked. */
  private static final class Started<S> {
    private @Nullable S slot;
    private @Nullable ParkedChunk parked;

    Started(S slot) {
      this.slot = slot;
    }
  }

  private final class Run {
    private final RowChunks chunks;
    private final RunProgress progress;
    private final Deque<S> free = new ArrayDeque<>(slots());
    private final Set<S> begun = Collections.newSetFromMap(new IdentityHashMap<>());

    /** In the order of their rows. */
    private final Deque<Started<S>> started = new ArrayDeque<>();

    private long next;
    private long parkedBytes;

    Run(RowChunks chunks, RunProgress progress) {
      this.chunks = chunks;
      this.progress = progress;
    }

    void runAll() {
      while (hasNext() || !started.isEmpty()) {
        if (hasNext() && !free.isEmpty()) {
          start(free.pop());
          continue;
        }
        ParkedChunk parked = started.getFirst().parked;
        if (parked == null) {
          take(toTake());
        } else {
          parked.collect(folding(), progress);
          started.removeFirst();
          discard(parked);
        }
      }
    }

    void discardParked() {
      for (Started<S> chunk : started) {
        if (chunk.parked != null) {
          discard(chunk.parked);
        }
      }
    }

    private boolean hasNext() {
      return next < chunks.count();
    }

    private void start(S slot) {
      if (begun.add(slot)) {
        begin(slot);
      }
      slot.start(chunks.at(next));
      started.addLast(new Started<>(slot));
      next++;
    }

    /** Returns the first chunk that has come back; the first of all where parking gains nothing. */
    private Started<S> toTake() {
      if (!hasNext() || parkedBytes >= mostParked) {
        return started.getFirst();
      }
      while (true) {
        for (Started<S> chunk : started) {
          if (chunk.slot != null && chunk.slot.hasArrived()) {
            return chunk;
          }
        }
        LockSupport.parkNanos(NANOS_BETWEEN_LOOKS);
      }
    }

    private void take(Started<S> chunk) {
      S slot = chunk.slot;
      if (chunk == started.getFirst()) {
        collect(slot, progress);
        started.removeFirst();
      } else {
        chunk.parked = slot.park();
        chunk.slot = null;
        parkedBytes += chunk.parked.bytes();
      }
      free.addLast(slot);
    }

    private void discard(ParkedChunk parked) {
      parkedBytes -= parked.bytes();
      parked.close();
    }
  }
}
