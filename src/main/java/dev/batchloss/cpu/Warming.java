package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs loops on vectors over blocks of its own until C2 has compiled them: until one takes no
 * longer than its stand-in, which is compiled by then. Blocks of several lengths, with and without
 * a rest, so that no branch looks as if it were never taken.
 */
final class Warming {
  /** After so many C2 knows which loop it is to compile, and more would keep it from that. */
  private static final int FIRST_RUNS = 800;

  private static final long PAUSE_NANOS = 250_000;

  /** Without C2, or where it has too much else to do, the loop is used as it is. */
  private static final long MOST_NANOS = 10_000_000_000L;

  private static final int[] LENGTHS = {256, 200, 100};

  /** For {@link FloatSumExp}: an ordinary block, one with too great elements, one of −∞. */
  private static final float[] SHIFTS = {1, -9, Float.POSITIVE_INFINITY};

  private static final int LONGEST = 256;

  private final float[] block = new float[LONGEST];
  private final float[] weights = new float[LONGEST];
  private final float[] to = new float[LONGEST];
  private final short[] bfloats = new short[LONGEST];
  private final short[] halves = new short[LONGEST];
  private final short[] moreHalves = new short[LONGEST];
  private final double[] doubles = new double[LONGEST];
  private final double[] moreDoubles = new double[LONGEST];
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) LONGEST * Float.BYTES, Float.BYTES);
  private final MemorySegment moreMemory =
      Arena.ofAuto().allocate((long) LONGEST * Float.BYTES, Float.BYTES);
  private final BlockSums sums = new BlockSums();
  private final GradientScalars scalars = new GradientScalars();

  private final GradientBlock beside = new GradientBlock();

  private Warming() {
    beside.logits = block;
    beside.gradient = to;
    for (int i = 0; i < LONGEST; i++) {
      block[i] = -i % 7;
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, block[i]);
      bfloats[i] = ElementType.floatToBfloat16(block[i]);
      halves[i] = Float.floatToFloat16(block[i]);
      weights[i] = i % 3;
      doubles[i] = 1 + i;
    }
  }

  /** Returns at once: all loops that have been wanted are warmed on a thread no JVM waits for. */
  static void start() {
    try {
      Thread.ofPlatform()
          .daemon()
          .name("batchloss-cpu-warming")
          .inheritInheritableThreadLocals(false)
          .start(Warming::run);
    } catch (OutOfMemoryError e) {
      // No thread to be had: the callers warm the loops, by using them.
      for (VectorLoop loop : VectorLoop.values()) {
        if (loop.takeToWarm()) {
          loop.finish();
        }
      }
    }
  }

  /** Warms what has been wanted; blocks until it is compiled. */
  static synchronized void run() {
    Warming warming = new Warming();
    for (VectorLoop loop : VectorLoop.values()) {
      if (loop.takeToWarm()) {
        try {
          warming.warm(loop);
        } finally {
          loop.finish();
        }
      }
    }
  }

  private void warm(VectorLoop loop) {
    long start = System.nanoTime();
    long leastOfStandIn = Long.MAX_VALUE;
    for (int run = 1; System.nanoTime() - start < MOST_NANOS; run++) {
      leastOfStandIn = Math.min(leastOfStandIn, nanosOfRun(loop, false));
      long nanos = nanosOfRun(loop, true);
      if (run >= FIRST_RUNS) {
        if (nanos <= leastOfStandIn) {
          return;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private long nanosOfRun(VectorLoop loop, boolean onVectors) {
    long start = System.nanoTime();
    for (int i = 0; i < LENGTHS.length; i++) {
      run(loop, onVectors, LENGTHS[i], SHIFTS[i]);
    }
    return System.nanoTime() - start;
  }

  private void run(VectorLoop loop, boolean onVectors, int n, float shift) {
    int padded = (n + Lanes.FLOATS - 1) / Lanes.FLOATS * Lanes.FLOATS;
    boolean isWhole = n == padded;
    float limit = isWhole ? 9 : -9;
    scalars.e = isWhole ? 1 : 0;
    switch (loop) {
      case ORDINARY_SUM_EXP, NATIVE_SUM_EXP, BFLOAT16_SUM_EXP, FLOAT16_SUM_EXP -> {
        if (onVectors) {
          runOrdinary(loop, n, padded, shift);
        } else {
          ScalarFloatKernel.sumExp(block, 0, n, shift, 1, limit, sums);
        }
      }
      case ORDINARY_MOMENTS -> {
        if (onVectors) {
          FloatSumExp.sumAndMoments(block, 0, n, shift, 1, sums);
        } else {
          ScalarFloatKernel.sumExp(block, 0, n, shift, 1, limit, sums);
          ScalarFloatKernel.moments(block, 0, n, shift, 1, sums);
        }
      }
      case SUM_EXP -> FloatLoops.sumExp(onVectors, block, 0, n, shift, 1, limit, sums);
      case MAXIMUM -> sums.sum += FloatLoops.maximum(onVectors, block, 0, n);
      case GRADIENT -> FloatLoops.gradient(onVectors, block, 0, to, 0, padded, shift, 1, scalars);
      case SUM_BESIDE_GRADIENT -> {
        if (onVectors) {
          SumBesideGradient.sum(block, 0, n, shift, 1, sums, beside);
        } else {
          ScalarFloatKernel.sumExp(block, 0, n, shift, 1, limit, sums);
          ScalarFloatKernel.gradient(block, 0, to, 0, padded, shift, 1, scalars);
        }
      }
      case NATIVE_GRADIENT -> {
        if (onVectors) {
          NativeKernel.gradient(memory, 0, moreMemory, 0, padded, shift, 1, scalars);
        } else {
          ScalarFloatKernel.gradient(block, 0, to, 0, padded, shift, 1, scalars);
        }
      }
      case MOMENTS -> FloatLoops.moments(onVectors, block, 0, n, shift, 1, sums);
      case COUNT_ABOVE -> sums.sum += FloatLoops.countAbove(onVectors, block, 0, n, -2);
      case COUNT_EQUAL -> sums.sum += FloatLoops.countEqual(onVectors, block, 0, n, -2);
      case SUM_SHIFTED -> sums.sum += FloatLoops.sumShifted(onVectors, block, 0, n, shift, 1, sums);
      case SUM_WEIGHTED ->
          sums.sum += FloatLoops.sumWeighted(onVectors, block, 0, n, weights, 0, shift, 1, sums);
      case SUBTRACT_WEIGHTED ->
          FloatLoops.subtractWeighted(onVectors, to, 0, padded, weights, 0, 1);
      case LOG_SOFTMAX -> FloatLoops.logSoftmax(onVectors, block, 0, to, 0, padded, shift, 1, 1);
      case WIDEN_BFLOAT16 -> FloatLoops.widen(onVectors, bfloats, 0, n, to, 0);
      case NARROW_BFLOAT16 -> FloatLoops.narrow(onVectors, block, 0, n, moreHalves, 0);
      case LOG -> FloatLoops.log(onVectors, doubles, moreDoubles, n);
    }
  }

  private void runOrdinary(VectorLoop loop, int n, int padded, float shift) {
    switch (loop) {
      case NATIVE_SUM_EXP -> NativeKernel.sumExp(memory, 0, padded, shift, 1, sums);
      case BFLOAT16_SUM_EXP -> HalfSumExp.sumBfloat16(bfloats, 0, padded, shift, 1, sums);
      case FLOAT16_SUM_EXP -> HalfSumExp.sumFloat16(halves, 0, padded, shift, 1, sums);
      default -> FloatSumExp.sum(block, 0, n, shift, 1, sums);
    }
  }
}
