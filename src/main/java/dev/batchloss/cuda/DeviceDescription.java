package dev.batchloss.cuda;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the driver says of a device.
 *
 * @param ordinal its number, counted from 0
 * @param name its name
 * @param major the first part of its compute capability
 * @param minor the second part
 * @param memory bytes of its memory
 * @param multiprocessors its streaming multiprocessors
 * @param sharedBytes the most shared memory that a block can ask for
 * @param driverVersion the newest CUDA version of the driver, as 12040 for 12.4
 */
record DeviceDescription(
    int ordinal,
    String name,
    int major,
    int minor,
    long memory,
    int multiprocessors,
    int sharedBytes,
    int driverVersion) {
  private static final int OLDEST_CAPABILITY = 75;
  private static final int OLDEST_DRIVER = 11000;
  private static final double GIB = 1L << 30;

  /** Returns what it is, for people. */
  String detail() {
    return "%s, compute capability %d.%d, %d multiprocessors, %s GiB, driver for CUDA %s"
        .formatted(
            name,
            major,
            minor,
            multiprocessors,
            String.format(Locale.ROOT, "%.1f", memory / GIB),
            cuda(driverVersion));
  }

  /** Returns why it cannot run whatever else it does, or null. */
  @Nullable String reasonAgainst() {
    if (driverVersion < OLDEST_DRIVER) {
      return "its driver is for CUDA %s, at least %s is needed"
          .formatted(cuda(driverVersion), cuda(OLDEST_DRIVER));
    }
    if (10 * major + minor < OLDEST_CAPABILITY) {
      return "it has compute capability %d.%d, at least %d.%d is needed"
          .formatted(major, minor, OLDEST_CAPABILITY / 10, OLDEST_CAPABILITY % 10);
    }
    return null;
  }

  private static String cuda(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }
}
