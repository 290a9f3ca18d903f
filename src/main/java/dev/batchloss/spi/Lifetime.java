package dev.batchloss.spi;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * The time in which a backend can be called, until it is closed. Calls run beside each other, and
 * the end waits for them. Thread-safe.
 */
public final class Lifetime {
  private final String what;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean ended;

  /**
   * Begins.
   *
   * @param what whose lifetime it is, for messages: such as {@code the backend cpu}
   */
  public Lifetime(String what) {
    this.what = what;
  }

  /**
   * Makes a call, which ends before the lifetime does.
   *
   * @throws IllegalStateException if the lifetime has ended
   */
  public <T> T during(Supplier<T> call) {
    lock.readLock().lock();
    try {
      if (ended) {
        throw new IllegalStateException(what + " is closed");
      }
      return call.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Waits for running calls, then ends, at every call of this method.
   *
   * @param release frees what the calls needed; may be run again
   */
  public void end(Runnable release) {
    lock.writeLock().lock();
    try {
      ended = true;
      release.run();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
