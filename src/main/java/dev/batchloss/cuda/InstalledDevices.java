package dev.batchloss.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/** The devices that the driver of this machine knows. */
final class InstalledDevices {
  private static final int LONGEST_NAME = 256;

  private InstalledDevices() {}

  /**
   * Returns every device, in the driver's order; JCuda is loaded.
   *
   * @throws dev.batchloss.data.DeviceException if the driver does not answer
   */
  static List<DeviceDescription> find() {
    int[] version = new int[1];
    ErrorCodes.call(
        "asking for the driver's version", () -> JCudaDriver.cuDriverGetVersion(version));
    int[] count = new int[1];
    ErrorCodes.call("counting devices", () -> JCudaDriver.cuDeviceGetCount(count));
    List<DeviceDescription> devices = new ArrayList<>();
    for (int ordinal = 0; ordinal < count[0]; ordinal++) {
      devices.add(describe(ordinal, version[0]));
    }
    return devices;
  }

  private static DeviceDescription describe(int ordinal, int driverVersion) {
    String what = "describing device " + ordinal;
    CUdevice device = new CUdevice();
    ErrorCodes.call(what, () -> JCudaDriver.cuDeviceGet(device, ordinal));
    byte[] name = new byte[LONGEST_NAME];
    ErrorCodes.call(what, () -> JCudaDriver.cuDeviceGetName(name, name.length, device));
    long[] memory = new long[1];
    ErrorCodes.call(what, () -> JCudaDriver.cuDeviceTotalMem(memory, device));
    return new DeviceDescription(
        ordinal,
        new String(name, StandardCharsets.UTF_8).replaceFirst("(?s)\0.*", ""),
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device, what),
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device, what),
        memory[0],
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device, what),
        attribute(
            CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device, what),
        driverVersion);
  }

  private static int attribute(int attribute, CUdevice device, String what) {
    int[] value = new int[1];
    ErrorCodes.call(what, () -> JCudaDriver.cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }
}
