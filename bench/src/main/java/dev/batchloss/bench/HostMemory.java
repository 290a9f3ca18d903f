package dev.batchloss.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What the host has room for. */
final class HostMemory {
  /** Of what is free a benchmark takes no more than this share. */
  private static final double SHARE = 0.8;

  /** Java arrays are no longer, and the collector needs room beside them. */
  private static final long LONGEST_ON_HEAP = 2L << 30;

  private HostMemory() {}

  /** Returns whether so many bytes can be allocated outside the heap. */
  static boolean fits(long bytes) {
    return bytes
        < SHARE
            * ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getFreeMemorySize();
  }

  /** Returns whether so many bytes can be allocated as arrays. */
  static boolean fitsHeap(long bytes) {
    return bytes <= LONGEST_ON_HEAP && bytes < SHARE / 2 * Runtime.getRuntime().maxMemory();
  }
}
