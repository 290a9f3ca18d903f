package dev.batchloss.opencl;

import java.util.Comparator;

/**
 * Which device is better; says nothing about who made it, for drivers of CPUs bear the names of
 * those who make GPUs. A GPU comes before others, one with memory of its own before one without,
 * then the larger product of compute units and clock. Mesa's Clover, which is no longer maintained
 * and known for wrong results, comes last.
 */
final class DeviceRanking {
  private static final String CLOVER = "Clover";

  /** The better device first; equal ones stay in the order in which they were found. */
  static final Comparator<DeviceDescription> BEST_FIRST =
      Comparator.comparing(DeviceRanking::isClover)
          .thenComparing(description -> !description.isGpu())
          .thenComparing(DeviceDescription::unifiedMemory)
          .thenComparing(DeviceRanking::speed, Comparator.reverseOrder());

  private DeviceRanking() {}

  private static boolean isClover(DeviceDescription description) {
    return description.platform().equals(CLOVER);
  }

  private static long speed(DeviceDescription description) {
    return (long) description.computeUnits() * description.clockMhz();
  }
}
