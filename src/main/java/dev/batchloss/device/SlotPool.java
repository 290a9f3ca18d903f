package dev.batchloss.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Slots, kept from call to call with their memory; a call takes several. As many calls as the pool
 * serves run beside each other; further ones wait. Thread-safe.
 *
 * @param <S> the slots of one backend
 */
public final class SlotPool<S extends ChunkSlot> implements AutoCloseable {
  private static final int CALLS = 4;

  private final List<Supplier<S>> sources;
  private final Semaphore free = new Semaphore(CALLS, true);
  private final Deque<List<S>> idle = new ArrayDeque<>();

  /**
   * Starts without slots.
   *
   * @param sources makes those of a call, without memory, in this order
   */
  public SlotPool(List<Supplier<S>> sources) {
    this.sources = List.copyOf(sources);
  }

  /**
   * Takes the slots of a call; waits while all are in use.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  public List<S> take() {
    free.acquireUninterruptibly();
    try {
      synchronized (idle) {
        if (!idle.isEmpty()) {
          return idle.pop();
        }
      }
      return create();
    } catch (RuntimeException | Error e) {
      free.release();
      throw e;
    }
  }

  /** Gives slots back, ended. */
  public void giveBack(List<S> slots) {
    synchronized (idle) {
      idle.push(slots);
    }
    free.release();
  }

  /** Frees slots that failed: nobody knows what their queues still hold. */
  public void discard(List<S> slots) {
    try {
      DespiteFailures.forEach(slots, ChunkSlot::close);
    } finally {
      free.release();
    }
  }

  /** Frees the idle slots; none is in use any more. */
  @Override
  public void close() {
    synchronized (idle) {
      List<S> slots = idle.stream().flatMap(List::stream).toList();
      idle.clear();
      DespiteFailures.forEach(slots, ChunkSlot::close);
    }
  }

  private List<S> create() {
    List<S> slots = new ArrayList<>();
    try {
      for (Supplier<S> source : sources) {
        slots.add(source.get());
      }
      return slots;
    } catch (RuntimeException | Error e) {
      DespiteFailures.forEach(slots, ChunkSlot::close);
      throw e;
    }
  }
}
