package dev.batchloss.cpu;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The numbered tasks of a call, taken in order by whoever is free. When one fails, those before it
 * are finished and no further one is begun: of several failures the first in the order is thrown,
 * whatever the timing.
 */
final class TaskQueue {
  private final long tasks;
  private final AtomicLong next = new AtomicLong();
  private long failedTask = Long.MAX_VALUE;
  private @Nullable Throwable failure;

  TaskQueue(long tasks) {
    this.tasks = tasks;
  }

  /** What to do with a task. */
  interface Body {
    void run(long task);
  }

  /** Takes tasks until there are none. */
  void drain(Body body) {
    long task = next.getAndIncrement();
    while (task < tasks && !hasFailedBefore(task)) {
      try {
        body.run(task);
      } catch (Throwable e) {
        fail(task, e);
      }
      task = next.getAndIncrement();
    }
  }

  /** Records that nothing can be done at all. */
  void fail(Throwable e) {
    fail(-1, e);
  }

  /** Throws what the first failed task threw. */
  synchronized void rethrow() {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  /** Whether a task has thrown. */
  synchronized boolean hasFailed() {
    return failure != null;
  }

  /** A task that was taken before a later one failed is still run: its own failure comes first. */
  private synchronized boolean hasFailedBefore(long task) {
    return failedTask < task;
  }

  private synchronized void fail(long task, Throwable e) {
    if (task < failedTask) {
      failedTask = task;
      failure = e;
    }
  }
}
