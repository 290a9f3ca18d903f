package dev.batchloss.opencl;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jocl.NativePointerObject;

/**
 * Owns one object of the OpenCL runtime. Using it after it was closed is an error in Java and never
 * reaches the runtime, where it would end the process; closing it while another thread uses it
 * releases it when that use ends. One that is forgotten is released after it was collected.
 */
abstract class NativeHandle<T extends NativePointerObject> implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final AtomicLong LIVE = new AtomicLong();

  private final String what;
  private final Ownership<T> ownership;
  private final Cleaner.Cleanable cleanable;

  /**
   * Takes over what was just created.
   *
   * @param what its name in messages
   * @param release gives it back to the runtime; must not hold this handle
   */
  NativeHandle(String what, T object, ToIntFunction<T> release) {
    this.what = what;
    this.ownership = new Ownership<>(object, release);
    this.cleanable = CLEANER.register(this, ownership);
  }

  /** Returns how many handles of this process have not been released yet. */
  static long live() {
    return LIVE.get();
  }

  /**
   * Uses the object; it is not released before {@code use} has returned.
   *
   * @throws IllegalStateException if this is closed
   */
  final <R> R with(Function<T, R> use) {
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
  final void requireOpen() {
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
  private static final class Ownership<T extends NativePointerObject> implements Runnable {
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
      // Nobody is left who could act on the code.
      int _ = ErrorCodes.codeOf(() -> release.applyAsInt(object));
      LIVE.decrementAndGet();
    }
  }
}
