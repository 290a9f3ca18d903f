package dev.batchloss.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What no computation over an array can be faster than: reading it, copying it, changing it in
 * place, each with several threads in plain loops that the JVM vectorises.
 */
final class MemoryCeiling implements AutoCloseable {
  /**
   * Sums are kept a column each, since one sum would be a chain of additions that cannot overlap,
   * and in double: an array of another type cannot be the one that is read, so that the compiler
   * dares to use vectors.
   */
  private static final int COLUMNS = 1024;

  private final int threads;
  private final ExecutorService pool;

  /** Volatile, so that multiplying by it is not optimised away. */
  private volatile float unity = 1;

  MemoryCeiling(int threads) {
    this.threads = threads;
    this.pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("batchloss-ceiling-", 0).factory());
  }

  /** Reads every element; returns a number that depends on all of them. */
  double read(float[] values) {
    return inParts(
        values.length,
        (from, to) -> {
          double[] sums = new double[COLUMNS];
          int start = from;
          for (; start + COLUMNS <= to; start += COLUMNS) {
            addColumns(values, start, sums);
          }
          double sum = 0;
          for (double column : sums) {
            sum += column;
          }
          for (int i = start; i < to; i++) {
            sum += values[i];
          }
          return sum;
        });
  }

  /** Copies every element. */
  void copy(float[] values, float[] into) {
    inParts(
        values.length,
        (from, to) -> {
          System.arraycopy(values, from, into, from, to - from);
          return 0;
        });
  }

  /** Reads and writes every element where it stands; the values stay as they are. */
  void scaleInPlace(float[] values) {
    inParts(
        values.length,
        (from, to) -> {
          scale(values, from, to, unity);
          return 0;
        });
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }

  private static void addColumns(float[] values, int start, double[] sums) {
    for (int i = 0; i < COLUMNS; i++) {
      sums[i] += values[start + i];
    }
  }

  private static void scale(float[] values, int from, int to, float factor) {
    for (int i = from; i < to; i++) {
      values[i] *= factor;
    }
  }

  private interface Part {
    double run(int from, int to);
  }

  private double inParts(int length, Part part) {
    List<Callable<Double>> parts = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int from = (int) ((long) length * t / threads);
      int to = (int) ((long) length * (t + 1) / threads);
      parts.add(() -> part.run(from, to));
    }
    try {
      double sum = 0;
      for (Future<Double> done : pool.invokeAll(parts)) {
        sum += done.get();
      }
      return sum;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while memory was measured", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("memory could not be measured", e);
    }
  }
}
