package dev.batchloss.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A loop on vectors, and whether it is compiled. Until C2 has compiled it each vector is an object,
 * and it takes a hundred times as long as numbers one by one; so these stand in for it, with the
 * same bits. Compiling takes longer than all the work of a short process: it is left until a
 * stand-in has had some work to do, and then done in the background, on numbers of no meaning, what
 * is worth most first.
 */
enum VectorLoop {
  /** {@link FloatSumExp#sum}, which the loop of all blocks stands in for. */
  ORDINARY_SUM_EXP,
  /** {@link NativeKernel#sumExp}. */
  NATIVE_SUM_EXP,
  /** {@link HalfSumExp}. */
  BFLOAT16_SUM_EXP,
  FLOAT16_SUM_EXP,
  /** {@link FloatSumExp#sumAndMoments}. */
  ORDINARY_MOMENTS,
  WIDEN_BFLOAT16,
  SUM_EXP,
  GRADIENT,
  /** {@link SumBesideGradient}. */
  SUM_BESIDE_GRADIENT,
  /** {@link NativeKernel#gradient}. */
  NATIVE_GRADIENT,
  NARROW_BFLOAT16,
  MOMENTS,
  COUNT_ABOVE,
  COUNT_EQUAL,
  SUM_SHIFTED,
  SUM_WEIGHTED,
  SUBTRACT_WEIGHTED,
  LOG_SOFTMAX,
  MAXIMUM,
  /** {@link ArrayMath#log} of what ends a row. */
  LOG;

  /** What a stand-in does first: some ten milliseconds. */
  private static final long FIRST_ELEMENTS = 1L << 22;

  private final AtomicLong elements = new AtomicLong();
  private final AtomicBoolean warming = new AtomicBoolean();
  private volatile boolean compiled;

  /** Whether {@code n} elements are to be left to the loop itself; if not, they are counted. */
  boolean isCompiled(int n) {
    return compiled || count(n);
  }

  /** Returns false. */
  private boolean count(int n) {
    long after = elements.addAndGet(n);
    if (after >= FIRST_ELEMENTS && after - n < FIRST_ELEMENTS && !warming.get()) {
      Warming.start();
    }
    return false;
  }

  /** Whether it has been wanted and nobody is warming it; the caller is to, then. */
  boolean takeToWarm() {
    return elements.get() > 0 && warming.compareAndSet(false, true);
  }

  /** From now on it is used. */
  void finish() {
    compiled = true;
  }

  /** As in a new JVM, but for what C2 knows. */
  void restart() {
    elements.set(0);
    warming.set(false);
    compiled = false;
  }
}
