package dev.batchloss.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The backend's own threads. A caller computes too and waits only for those that have joined it, so
 * any number of callers at once make progress, with or without a free thread.
 */
final class Workers implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  private final int threads;
  private final ThreadPoolExecutor pool;

  /** Creates workers for {@code threads} threads, the calling one included. */
  Workers(int threads) {
    this.threads = threads;
    this.pool =
        new ThreadPoolExecutor(
            Math.max(1, threads - 1),
            Math.max(1, threads - 1),
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("batchloss-cpu-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  int threads() {
    return threads;
  }

  /**
   * Runs {@code work} here and on up to {@code most − 1} threads at the same time; returns when all
   * have returned. The work shares itself out and must not throw.
   */
  void run(int most, Runnable work) {
    List<Share> shares = new ArrayList<>();
    for (int i = 1; i < Math.min(most, threads); i++) {
      Share share = new Share(work);
      try {
        pool.execute(share);
      } catch (OutOfMemoryError e) {
        // No thread to be had: those that run share the work among fewer.
        break;
      }
      shares.add(share);
    }
    work.run();
    for (Share share : shares) {
      share.await();
    }
  }

  @Override
  public void close() {
    pool.shutdown();
  }

  /** Work that one thread may join, unless the caller is through before it could. */
  private static final class Share implements Runnable {
    private final Runnable work;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CountDownLatch done = new CountDownLatch(1);

    Share(Runnable work) {
      this.work = work;
    }

    @Override
    public void run() {
      if (taken.compareAndSet(false, true)) {
        try {
          work.run();
        } finally {
          done.countDown();
        }
      }
    }

    void await() {
      if (taken.compareAndSet(false, true)) {
        return;
      }
      boolean interrupted = false;
      while (true) {
        try {
          done.await();
          break;
        } catch (InterruptedException e) {
          // The caller's memory is still being read and written: leaving now is no option.
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
