package dev.batchloss.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/** The platforms that the OpenCL loader of this machine knows. */
final class InstalledPlatforms {
  static final String NO_LOADER = "there is no OpenCL loader (libOpenCL) here";

  /** Read by JOCL when it unpacks its native library into the temporary folder. */
  private static final String UNIQUE_NAMES = "uniqueLibraryNames";

  /** What the loader answers where it knows no platform; JOCL has no name for it. */
  static final int PLATFORM_NOT_FOUND = -1001;

  /** Where JOCL looks for the loader. */
  private static final List<String> LOADERS =
      List.of(
          "libOpenCL.so.1",
          System.mapLibraryName("OpenCL"),
          "/System/Library/Frameworks/OpenCL.framework/Versions/Current/OpenCL");

  private InstalledPlatforms() {}

  /**
   * Returns every platform with its devices.
   *
   * @throws LinkageError if there is no loader or JOCL's native library cannot be loaded
   * @throws dev.batchloss.data.DeviceException if the loader does not answer
   */
  static List<Platform> find() {
    requireLoader();
    int count = countAfterLoading();
    cl_platform_id[] ids = new cl_platform_id[count];
    if (count > 0) {
      ErrorCodes.call("listing platforms", () -> CL.clGetPlatformIDs(count, ids, null));
    }
    List<Platform> platforms = new ArrayList<>();
    for (cl_platform_id id : ids) {
      platforms.add(platform(id));
    }
    return platforms;
  }

  /** Where there is none, JOCL prints to standard output, which is the caller's. */
  private static void requireLoader() {
    try (Arena arena = Arena.ofConfined()) {
      for (String loader : LOADERS) {
        if (isLibrary(loader, arena)) {
          return;
        }
      }
    }
    throw new UnsatisfiedLinkError(NO_LOADER);
  }

  private static boolean isLibrary(String name, Arena arena) {
    try {
      SymbolLookup _ = SymbolLookup.libraryLookup(name, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Makes the first call into JOCL, which loads its native library. By default it unpacks that
   * under one name for all processes and takes a file that is already there, which may be another
   * process's that is half written or about to be deleted, or another user's.
   */
  private static int countAfterLoading() {
    boolean isUnset = System.getProperty(UNIQUE_NAMES) == null;
    if (isUnset) {
      System.setProperty(UNIQUE_NAMES, "true");
    }
    try {
      int[] count = new int[1];
      int code = ErrorCodes.codeOf(() -> CL.clGetPlatformIDs(0, null, count));
      if (code == PLATFORM_NOT_FOUND) {
        return 0;
      }
      ErrorCodes.check(code, "counting platforms");
      return count[0];
    } finally {
      if (isUnset) {
        System.clearProperty(UNIQUE_NAMES);
      }
    }
  }

  private static Platform platform(cl_platform_id id) {
    String name = DeviceQuery.name(id);
    int[] count = new int[1];
    int code =
        ErrorCodes.codeOf(() -> CL.clGetDeviceIDs(id, CL.CL_DEVICE_TYPE_ALL, 0, null, count));
    if (code != CL.CL_SUCCESS || count[0] == 0) {
      return new Platform(name, code, List.of());
    }
    cl_device_id[] ids = new cl_device_id[count[0]];
    code =
        ErrorCodes.codeOf(
            () -> CL.clGetDeviceIDs(id, CL.CL_DEVICE_TYPE_ALL, ids.length, ids, null));
    List<Device> devices = new ArrayList<>();
    if (code == CL.CL_SUCCESS) {
      for (cl_device_id device : ids) {
        devices.add(new Device(id, device, DeviceQuery.describe(name, device)));
      }
    }
    return new Platform(name, code, List.copyOf(devices));
  }
}
