package dev.batchloss.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * A fixed number of threads, the calling one included, that take pieces of work one after the other
 * until none is left: on a machine that others use too, no thread waits for a slower one's half.
 */
final class Workers implements AutoCloseable {
  private final int threads;
  private final ExecutorService helpers;

  Workers(int threads) {
    this.threads = threads;
    this.helpers =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1), Thread.ofPlatform().daemon().name("ceiling-", 0).factory());
  }

  /** Hands each number in 0..pieces−1 to {@code work} once; blocks until all are done. */
  void run(int pieces, IntConsumer work) {
    AtomicInteger next = new AtomicInteger();
    Runnable share =
        () -> {
          for (int piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
            work.accept(piece);
          }
        };
    List<Future<?>> running = new ArrayList<>();
    for (int helper = 1; helper < Math.min(threads, pieces); helper++) {
      running.add(helpers.submit(share));
    }
    share.run();
    for (Future<?> future : running) {
      await(future);
    }
  }

  @Override
  public void close() {
    helpers.shutdown();
  }

  private static void await(Future<?> future) {
    try {
      future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a benchmark ran", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a worker failed", e.getCause());
    }
  }
}
