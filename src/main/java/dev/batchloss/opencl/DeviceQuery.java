package dev.batchloss.opencl;

import java.nio.charset.StandardCharsets;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.jspecify.annotations.Nullable;

/** Asks platforms and devices about themselves; what they do not answer is empty or 0. */
final class DeviceQuery {
  private DeviceQuery() {}

  // Whether memory is shared with the host is deprecated since 2.0 without a successor.
  /** Returns what a device says of itself. */
  @SuppressWarnings("deprecation")
  static DeviceDescription describe(String platform, cl_device_id device) {
    return new DeviceDescription(
        platform,
        text(device, CL.CL_DEVICE_NAME),
        text(device, CL.CL_DEVICE_VENDOR),
        text(device, CL.CL_DEVICE_VERSION),
        longValue(device, CL.CL_DEVICE_TYPE),
        intValue(device, CL.CL_DEVICE_MAX_COMPUTE_UNITS),
        intValue(device, CL.CL_DEVICE_MAX_CLOCK_FREQUENCY),
        longValue(device, CL.CL_DEVICE_GLOBAL_MEM_SIZE),
        longValue(device, CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        longValue(device, CL.CL_DEVICE_LOCAL_MEM_SIZE),
        longValue(device, CL.CL_DEVICE_MAX_WORK_GROUP_SIZE),
        intValue(device, CL.CL_DEVICE_MEM_BASE_ADDR_ALIGN) / Byte.SIZE,
        intValue(device, CL.CL_DEVICE_HOST_UNIFIED_MEMORY) != 0,
        longValue(device, CL.CL_DEVICE_DOUBLE_FP_CONFIG) != 0,
        intValue(device, CL.CL_DEVICE_ENDIAN_LITTLE) != 0,
        intValue(device, CL.CL_DEVICE_AVAILABLE) != 0,
        intValue(device, CL.CL_DEVICE_COMPILER_AVAILABLE) != 0);
  }

  /** Returns a platform's name. */
  static String name(cl_platform_id platform) {
    return text(
        (size, value, answered) ->
            CL.clGetPlatformInfo(platform, CL.CL_PLATFORM_NAME, size, value, answered));
  }

  private static String text(cl_device_id device, int parameter) {
    return text(
        (size, value, answered) -> CL.clGetDeviceInfo(device, parameter, size, value, answered));
  }

  private static String text(Query query) {
    long[] size = new long[1];
    if (ErrorCodes.codeOf(() -> query.get(0, null, size)) != CL.CL_SUCCESS || size[0] <= 1) {
      return "";
    }
    byte[] text = new byte[Math.toIntExact(size[0])];
    int code = ErrorCodes.codeOf(() -> query.get(text.length, Pointer.to(text), null));
    return code == CL.CL_SUCCESS
        ? new String(text, 0, text.length - 1, StandardCharsets.UTF_8).strip()
        : "";
  }

  private static int intValue(cl_device_id device, int parameter) {
    int[] value = new int[1];
    int code =
        ErrorCodes.codeOf(
            () -> CL.clGetDeviceInfo(device, parameter, Sizeof.cl_int, Pointer.to(value), null));
    return code == CL.CL_SUCCESS ? value[0] : 0;
  }

  private static long longValue(cl_device_id device, int parameter) {
    long[] value = new long[1];
    int code =
        ErrorCodes.codeOf(
            () -> CL.clGetDeviceInfo(device, parameter, Sizeof.cl_long, Pointer.to(value), null));
    return code == CL.CL_SUCCESS ? value[0] : 0;
  }

  private interface Query {
    int get(long size, @Nullable Pointer value, long @Nullable [] answered);
  }
}
