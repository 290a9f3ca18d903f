package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/**
 * Pairs of slots, kept from call to call with their memory. As many calls as there are pairs run
 * beside each other; further ones wait. Thread-safe.
 */
final class SlotPool implements AutoCloseable {
  private static final int PAIRS = 4;

  private final DeviceContext context;
  private final Semaphore free = new Semaphore(PAIRS, true);
  private final Deque<Pair> idle = new ArrayDeque<>();

  /** Two slots that take turns. */
  record Pair(RowSlot first, RowSlot second) implements AutoCloseable {
    RowSlot at(long turn) {
      return turn % 2 == 0 ? first : second;
    }

    @Override
    public void close() {
      first.close();
      second.close();
    }
  }

  SlotPool(DeviceContext context) {
    this.context = context;
  }

  /**
   * Takes a pair; waits while all are in use.
   *
   * @throws DeviceException if the device fails
   */
  Pair take() {
    free.acquireUninterruptibly();
    try {
      synchronized (idle) {
        if (!idle.isEmpty()) {
          return idle.pop();
        }
      }
      return new Pair(new RowSlot(context), new RowSlot(context));
    } catch (RuntimeException | Error e) {
      free.release();
      throw e;
    }
  }

  /** Gives a pair back, ended. */
  void giveBack(Pair pair) {
    synchronized (idle) {
      idle.push(pair);
    }
    free.release();
  }

  /** Frees a pair that failed: nobody knows what its queues still hold. */
  void discard(Pair pair) {
    try {
      pair.close();
    } finally {
      free.release();
    }
  }

  /** Frees the idle pairs; none is in use any more. */
  @Override
  public void close() {
    synchronized (idle) {
      idle.forEach(Pair::close);
      idle.clear();
    }
  }
}
