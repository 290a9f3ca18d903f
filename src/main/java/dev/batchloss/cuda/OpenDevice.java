package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A device's context and the modules loaded into it, each when it is first wanted. There is one a
 * device for the life of the process, whatever number of backends is opened and closed on it:
 * compiling takes longer than most calls. Only a device that was lost is let go of. Thread-safe.
 */
final class OpenDevice {
  private static final Map<DeviceDescription, OpenDevice> ALL = new ConcurrentHashMap<>();

  private final CudaContext context;
  private final Map<String, KernelModule> modules = new ConcurrentHashMap<>();
  private @Nullable DeviceException failure;
  private int users;

  private OpenDevice(CudaContext context) {
    this.context = context;
  }

  /**
   * Returns the one of a device, for a user who releases it.
   *
   * @throws DeviceException if the device fails
   */
  static OpenDevice of(DeviceDescription device) {
    OpenDevice open =
        ALL.computeIfAbsent(device, absent -> new OpenDevice(CudaContext.open(absent)));
    open.addUser();
    return open;
  }

  /** Returns the context. */
  CudaContext context() {
    return context;
  }

  /**
   * Returns the kernels of a PTX file, which stay this object's.
   *
   * @throws DeviceException if the driver cannot load it
   */
  KernelModule module(String name) {
    return modules.computeIfAbsent(name, absent -> KernelModule.load(context, absent));
  }

  /** Has who opens the device next start anew: in this context nothing works any more. */
  synchronized void lose(DeviceException how) {
    failure = how;
    ALL.values().remove(this);
  }

  /**
   * Checks that the device works.
   *
   * @throws DeviceException if it was lost; with the code of what lost it
   */
  synchronized void requireSound() {
    if (failure != null) {
      throw new DeviceException(
          failure.code(),
          failure.codeName(),
          "%s failed before and is not used again".formatted(context.device().name()));
    }
  }

  /** Ends a use. A lost device's context ends with the last, so that the driver makes another. */
  synchronized void release() {
    users--;
    if (failure != null && users == 0) {
      modules.values().forEach(KernelModule::close);
      context.close();
    }
  }

  private synchronized void addUser() {
    users++;
  }
}
