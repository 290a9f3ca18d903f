package dev.batchloss.cpu;

import java.util.concurrent.locks.LockSupport;

/**
 * Runs a loop on vectors over a block of its own until C2 has compiled it: until it takes no longer
 * than its stand-in, which is compiled by then. Blocks of several lengths, with and without a rest,
 * so that no branch looks as if it were never taken. One a loop, on a thread that no JVM waits for.
 */
final class Warming {
  private static final int MOST_RUNS = 10_000;

  /** From here on the loop has run often enough, and the compiler is to be waited for. */
  private static final int BUSY_RUNS = 1_000;

  private static final long PAUSE_NANOS = 1_000_000;
  private static final int[] LENGTHS = {1024, 1000, 100};

  private final VectorLoop loop;
  private final float[] block = new float[LENGTHS[0]];
  private final float[] weights = new float[LENGTHS[0]];
  private final float[] to = new float[LENGTHS[0]];
  private final double[] doubles = new double[LENGTHS[0]];
  private final double[] moreDoubles = new double[LENGTHS[0]];
  private final BlockSums sums = new BlockSums();
  private final GradientScalars scalars = new GradientScalars();

  /** Kept, so that no loop is one for nothing. */
  private double found;

  private Warming(VectorLoop loop) {
    this.loop = loop;
    for (int i = 0; i < block.length; i++) {
      block[i] = -i % 7;
      weights[i] = i % 3;
      doubles[i] = 1 + i;
    }
  }

  /** Returns at once. */
  static void start(VectorLoop loop) {
    try {
      Thread.ofPlatform()
          .daemon()
          .name("batchloss-cpu-warming")
          .inheritInheritableThreadLocals(false)
          .start(() -> new Warming(loop).run());
    } catch (OutOfMemoryError e) {
      // No thread to be had: the callers warm it.
      loop.setCompiled(true);
    }
  }

  private void run() {
    try {
      long leastOfStandIn = Long.MAX_VALUE;
      for (int runs = 0; runs < MOST_RUNS; runs++) {
        leastOfStandIn = Math.min(leastOfStandIn, nanosOfRun(false));
        if (nanosOfRun(true) <= leastOfStandIn) {
          return;
        }
        if (runs >= BUSY_RUNS) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    } finally {
      loop.setCompiled(true);
    }
  }

  private long nanosOfRun(boolean onVectors) {
    long start = System.nanoTime();
    for (int n : LENGTHS) {
      run(onVectors, n);
    }
    return System.nanoTime() - start;
  }

  private void run(boolean onVectors, int n) {
    int padded = (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
    scalars.e = n == LENGTHS[0] ? 1 : 0;
    switch (loop) {
      case MAXIMUM -> found += FloatLoops.maximum(onVectors, block, 0, n);
      case SUM_EXP -> FloatLoops.sumExp(onVectors, block, 0, n, 1, 1, 9, sums);
      case MOMENTS -> FloatLoops.moments(onVectors, block, 0, n, 1, 1, sums);
      case SUM_SHIFTED -> found += FloatLoops.sumShifted(onVectors, block, 0, n, 1, 1, sums);
      case SUM_WEIGHTED ->
          found += FloatLoops.sumWeighted(onVectors, block, 0, n, weights, 0, 1, 1, sums);
      case COUNT_ABOVE -> found += FloatLoops.countAbove(onVectors, block, 0, n, -2);
      case COUNT_EQUAL -> found += FloatLoops.countEqual(onVectors, block, 0, n, -2);
      case GRADIENT -> FloatLoops.gradient(onVectors, block, 0, to, 0, padded, 1, 1, scalars);
      case SUBTRACT_WEIGHTED ->
          FloatLoops.subtractWeighted(onVectors, to, 0, padded, weights, 0, 1);
      case LOG_SOFTMAX -> FloatLoops.logSoftmax(onVectors, block, 0, to, 0, padded, 1, 1, 1);
      case LOG -> FloatLoops.log(onVectors, doubles, moreDoubles, n);
    }
  }
}
