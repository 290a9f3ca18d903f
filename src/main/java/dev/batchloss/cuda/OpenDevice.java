package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A device's context and the modules loaded into it, each when it is first wanted. There is one a
 * device, whatever number of backends is open on it. The last one closed takes the modules along;
 * the context stays for the life of the process, for making one takes longer than most calls,
 * unless the device was lost. Thread-safe.
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

  /**
   * Ends a use. The modules end with the last, a lost device's context as well, so that the driver
   * makes another.
   */
  synchronized void release() {
    users--;
    if (users > 0) {
      return;
    }
    modules.values().forEach(KernelModule::close);
    modules.clear();
    if (failure != null) {
      context.close();
    }
  }

  private synchronized void addUser() {
    users++;
  }
}
