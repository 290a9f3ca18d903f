package dev.batchloss.opencl;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A device's context and the programs compiled for it. There is one a device for the life of the
 * process, whatever number of backends is opened and closed on it: compiling takes longer than most
 * calls. Thread-safe.
 *
 * @param context the context
 * @param programs what was compiled for it
 */
record OpenDevice(DeviceContext context, ProgramCache programs) {
  private static final Map<Device, OpenDevice> ALL = new ConcurrentHashMap<>();

  /**
   * Returns the one of a device.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  static OpenDevice of(Device device) {
    return ALL.computeIfAbsent(
        device,
        absent -> {
          DeviceContext context = DeviceContext.open(absent);
          return new OpenDevice(context, new ProgramCache(context));
        });
  }

  /** Has the next backend start anew: the device failed, and its context may be of no use. */
  void forget() {
    ALL.values().remove(this);
  }
}
