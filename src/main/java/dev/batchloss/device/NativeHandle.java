package dev.batchloss.device;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Owns one object of a device's driver. Using it after it was closed is an error in Java and never
 * reaches the driver, where it would end the process; closing it while another thread uses it
 * releases it when that use ends. One that is forgotten is released after it was collected.
 *
 * @param <T> the driver's object
 */
public abstract class NativeHandle<T> implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong LIVE = new AtomicLong();

  private final String what;
  private final Ownership<T> ownership;
  private final Cleaner.Cleanable cleanable;

  /**
   * Takes over what was just created.
   *
   * @param what its name in messages
   * @param object what is owned
   * @param release gives it back to the driver; must not hold this handle
   */
  // The cleaner only holds a phantom reference.
  @SuppressWarnings("this-escape")
  protected NativeHandle(String what, T object, ToIntFunction<T> release) {
    this.what = what;
    this.ownership = new Ownership<>(object, release);
    this.cleanable = CLEANER.register(this, ownership);
  }

  /** Returns how many handles of this process have not been released yet. */
  public static long live() {
    return LIVE.get();
  }

  /**
   * Uses the object; it is not released before {@code use} has returned.
   *
   * @throws IllegalStateException if this is closed
   */
  public final <R> R with(Function<T, R> use) {
    if (!ownership.beginUse()) {
      throw new IllegalStateException("the " + what + " is closed");
    }
    try {
      return use.apply(ownership.object);
    } finally {
      ownership.endUse();
    }
  }

  /**
   * Checks that it can still be used.
   *
   * @throws IllegalStateException if this is closed
   */
  public final void requireOpen() {
    if (ownership.isClosed()) {
      throw new IllegalStateException("the " + what + " is closed");
    }
  }

  /** Releases the object, at once or when its last running use ends. Closing twice does nothing. */
  @Override
  public void close() {
    cleanable.clean();
  }

  /** Counts the uses; apart from the handle, so that the cleaner does not keep that alive. */
  private static final class Ownership<T> implements Runnable {
    private final T object;
    private final ToIntFunction<T> release;
    private int uses;
    private boolean closed;

    Ownership(T object, ToIntFunction<T> release) {
      this.object = object;
      this.release = release;
      LIVE.incrementAndGet();
    }

    synchronized boolean beginUse() {
      if (closed) {
        return false;
      }
      uses++;
      return true;
    }

    void endUse() {
      boolean isLast;
      synchronized (this) {
        uses--;
        isLast = closed && uses == 0;
      }
      if (isLast) {
        release();
      }
    }

    synchronized boolean isClosed() {
      return closed;
    }

    @Override
    public void run() {
      boolean isUnused;
      synchronized (this) {
        closed = true;
        isUnused = uses == 0;
      }
      if (isUnused) {
        release();
      }
    }

    private void release() {
      try {
        int _ = release.applyAsInt(object);
      } catch (RuntimeException _) {
        // Nobody is left who could act on a failure, thrown or returned.
      } finally {
        LIVE.decrementAndGet();
      }
    }
  }
}
