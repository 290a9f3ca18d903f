package dev.batchloss.evaluate;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Has one thread read blocks ahead of the computation and another write what was made of them
 * behind it, so that the computation waits for neither unless it is the faster. The memory is that
 * of the buffers, however many blocks there are.
 */
final class BlockPipeline implements AutoCloseable {
  /** Something done with a block that has been read. */
  @FunctionalInterface
  interface Step {
    void run(RowBlockBuffer buffer) throws IOException;
  }

  private final RowBlocks blocks;
  private final List<RowBlockBuffer> buffers;
  private final ExecutorService reader = Executors.newSingleThreadExecutor(daemon("reader"));
  private final ExecutorService writer = Executors.newSingleThreadExecutor(daemon("writer"));

  BlockPipeline(RowBlocks blocks, List<RowBlockBuffer> buffers) {
    this.blocks = blocks;
    this.buffers = buffers;
  }

  /**
   * Computes the blocks in order in the calling thread; blocks until the last one is written.
   *
   * @param compute is done in this thread
   * @param write is done in another, after it
   * @throws IOException if a file cannot be read or written, or this thread is interrupted
   */
  void forEach(Step compute, Step write) throws IOException {
    Deque<Future<RowBlockBuffer>> ahead = new ArrayDeque<>();
    long next = 0;
    for (RowBlockBuffer buffer : buffers) {
      if (next < blocks.size()) {
        ahead.add(readWhenFree(buffer, next++, CompletableFuture.completedFuture(buffer)));
      }
    }
    List<Future<?>> lastWrites = new ArrayList<>();
    while (!ahead.isEmpty()) {
      RowBlockBuffer buffer = get(ahead.remove());
      compute.run(buffer);
      Future<?> written =
          writer.submit(
              () -> {
                write.run(buffer);
                return buffer;
              });
      if (next < blocks.size()) {
        ahead.add(readWhenFree(buffer, next++, written));
      } else {
        lastWrites.add(written);
      }
    }
    for (Future<?> written : lastWrites) {
      get(written);
    }
  }

  /** Stops both threads and waits for them: after this, nothing touches the buffers. */
  @Override
  public void close() {
    reader.shutdownNow();
    writer.shutdownNow();
    boolean interrupted = false;
    for (ExecutorService executor : List.of(reader, writer)) {
      boolean ended = false;
      while (!ended) {
        try {
          ended = executor.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Future<RowBlockBuffer> readWhenFree(
      RowBlockBuffer buffer, long number, Future<?> written) {
    return reader.submit(
        () -> {
          get(written);
          buffer.read(blocks.get(number));
          return buffer;
        });
  }

  private static <T> T get(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while files were read or written");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new IOException(e.getCause());
      }
    }
  }

  private static ThreadFactory daemon(String role) {
    return Thread.ofPlatform().daemon().name("batchloss-" + role).factory();
  }
}
