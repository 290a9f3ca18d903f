package dev.batchloss.opencl;

import java.util.Arrays;
import java.util.Locale;

/** The two ways in which the kernels use a device; the bits of a result depend on it. */
enum KernelFamily {
  /** One work-item a row, with wide vectors: for devices that run work-items on processor cores. */
  CPU(16, 64, 16),
  /** A work-group a row, or a work-item a short row. */
  GPU(4, 4, 8);

  /**
   * The system property that chooses a family whatever the device is, for tests and comparisons.
   * With {@code gpu} a processor is treated like a GPU in its transfers too: as if its memory were
   * its own.
   */
  static final String PROPERTY = "batchloss.opencl.kernels";

  private final int lanes;
  private final int alongBlock;
  private final int acrossBlock;

  KernelFamily(int lanes, int alongBlock, int acrossBlock) {
    this.lanes = lanes;
    this.alongBlock = alongBlock;
    this.acrossBlock = acrossBlock;
  }

  /**
   * Returns the family for a device: the one that the property names, else the device's own.
   *
   * @throws IllegalArgumentException if the property names none
   */
  static KernelFamily of(DeviceDescription device) {
    String forced = System.getProperty(PROPERTY);
    if (forced == null || forced.isBlank()) {
      return device.isCpu() ? CPU : GPU;
    }
    return Arrays.stream(values())
        .filter(family -> family.label().equals(forced))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is '%s', must be cpu or gpu".formatted(PROPERTY, forced)));
  }

  /** Returns the device as this family takes it. */
  Device taking(Device device) {
    return this == GPU && device.description().isCpu()
        ? new Device(device.platform(), device.id(), device.description().withMemoryOfItsOwn())
        : device;
  }

  /** Returns its name in options and messages. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the classes of a vector along a row. */
  int lanes() {
    return lanes;
  }

  /** Returns the vectors of a block along a row. */
  int alongBlock() {
    return alongBlock;
  }

  /** Returns the classes of a block where rows lie side by side. */
  int acrossBlock() {
    return acrossBlock;
  }
}
