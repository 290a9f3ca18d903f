package dev.batchloss.cpu;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A loop on vectors, and whether it is compiled. Until C2 has compiled it each vector is an object,
 * and it takes a hundred times as long as numbers one by one; so these stand in for it, with the
 * same bits. Compiling takes longer than all the work of a short process: it is left until the
 * stand-in has had some work to do, and then done in the background, on numbers of no meaning.
 */
enum VectorLoop {
  MAXIMUM,
  SUM_EXP,
  MOMENTS,
  SUM_SHIFTED,
  SUM_WEIGHTED,
  COUNT_ABOVE,
  COUNT_EQUAL,
  GRADIENT,
  SUBTRACT_WEIGHTED,
  LOG_SOFTMAX,
  LOG;

  /** What the stand-in does first: some ten milliseconds. */
  private static final long FIRST_ELEMENTS = 1L << 22;

  private final AtomicLong elements = new AtomicLong();
  private volatile boolean compiled;

  /**
   * Whether the loop itself is to be run, over {@code n} elements; otherwise its stand-in is, which
   * counts.
   */
  boolean isCompiled(int n) {
    return compiled || count(n);
  }

  /** Always returns false. */
  private boolean count(int n) {
    long after = elements.addAndGet(n);
    if (after >= FIRST_ELEMENTS && after - n < FIRST_ELEMENTS) {
      Warming.start(this);
    }
    return false;
  }

  /** The bits are the same either way. */
  void setCompiled(boolean isCompiled) {
    compiled = isCompiled;
  }
}
