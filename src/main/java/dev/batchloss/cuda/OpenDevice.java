package dev.batchloss.cuda;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A device's context and the modules loaded into it, each when it is first wanted. There is one a
 * device for the life of the process, whatever number of backends is opened and closed on it:
 * compiling takes longer than most calls. Thread-safe.
 */
final class OpenDevice {
  private static final Map<DeviceDescription, OpenDevice> ALL = new ConcurrentHashMap<>();

  private final CudaContext context;
  private final Map<String, KernelModule> modules = new ConcurrentHashMap<>();

  private OpenDevice(CudaContext context) {
    this.context = context;
  }

  /**
   * Returns the one of a device.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  static OpenDevice of(DeviceDescription device) {
    return ALL.computeIfAbsent(device, absent -> new OpenDevice(CudaContext.open(absent)));
  }

  /** Returns the context. */
  CudaContext context() {
    return context;
  }

  /**
   * Returns the kernels of a PTX file, which stay this object's.
   *
   * @throws dev.batchloss.data.DeviceException if the driver cannot load it
   */
  KernelModule module(String name) {
    return modules.computeIfAbsent(name, absent -> KernelModule.load(context, absent));
  }

  /**
   * Has the next backend start anew: the device failed, and its context is of no use. It is
   * released when the last handle of it is.
   */
  void forget() {
    ALL.values().remove(this);
  }
}
