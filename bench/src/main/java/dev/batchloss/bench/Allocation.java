package dev.batchloss.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much a call allocates on the Java heap, in all threads together. */
final class Allocation {
  private static final ThreadMXBean THREADS =
      ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  /** Enough for C2 to have compiled all of a call of a millisecond or less. */
  private static final int WARM_UPS = 2000;

  private static final int BATCHES = 20;
  private static final int CALLS = 50;

  private Allocation() {}

  /**
   * Returns the bytes of a call in steady state: the least of several batches' means, as what other
   * threads of the JVM allocate now and then is not the call's.
   */
  static double bytesPerCall(Runnable call) {
    for (int i = 0; i < WARM_UPS; i++) {
      call.run();
    }
    double least = Double.POSITIVE_INFINITY;
    for (int batch = 0; batch < BATCHES; batch++) {
      long before = THREADS.getTotalThreadAllocatedBytes();
      for (int i = 0; i < CALLS; i++) {
        call.run();
      }
      long after = THREADS.getTotalThreadAllocatedBytes();
      least = Math.min(least, (after - before) / (double) CALLS);
    }
    return least;
  }
}
