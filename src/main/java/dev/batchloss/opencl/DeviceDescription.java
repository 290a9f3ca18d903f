package dev.batchloss.opencl;

import org.jocl.CL;

/**
 * What a device says of itself. What it does not answer is empty, zero or false.
 *
 * @param platform the platform's name
 * @param name its own name
 * @param vendor who made it, as its driver says
 * @param version its OpenCL version as the driver writes it: "OpenCL 3.0 ..."
 * @param type the bits of CL_DEVICE_TYPE
 * @param computeUnits its compute units
 * @param clockMhz its highest clock, in MHz
 * @param globalMemory bytes of global memory
 * @param maxAllocation bytes of its largest buffer
 * @param localMemory bytes of local memory of a work-group
 * @param maxWorkGroup work-items of its largest work-group
 * @param memBaseAlign the alignment, in bytes, of memory that it can use in place
 * @param unifiedMemory whether it shares its memory with the host
 * @param fp64 whether it computes in double
 * @param littleEndian whether its numbers lie in memory as x86's do
 * @param available whether it can be used now
 * @param compilerAvailable whether its driver compiles kernels
 */
record DeviceDescription(
    String platform,
    String name,
    String vendor,
    String version,
    long type,
    int computeUnits,
    int clockMhz,
    long globalMemory,
    long maxAllocation,
    long localMemory,
    long maxWorkGroup,
    int memBaseAlign,
    boolean unifiedMemory,
    boolean fp64,
    boolean littleEndian,
    boolean available,
    boolean compilerAvailable) {

  private static final String VERSION_PREFIX = "OpenCL ";

  /** Returns whether it calls itself a GPU and not a CPU. */
  boolean isGpu() {
    return (type & CL.CL_DEVICE_TYPE_GPU) != 0 && !isCpu();
  }

  /** Returns whether it calls itself a CPU. */
  boolean isCpu() {
    return (type & CL.CL_DEVICE_TYPE_CPU) != 0;
  }

  /**
   * Returns whether two threads may not wait for its commands at once. JOCL waits for every
   * non-blocking transfer on a thread of its own, and Oclgrind, a simulator that checks kernels,
   * runs commands on whichever threads wait for them and ends the process if two do.
   */
  boolean isWaitedForByOneThread() {
    return platform.equals("Oclgrind");
  }

  /** Returns the version as major · 100 + minor, 102 for 1.2; 0 if it cannot be read. */
  int versionNumber() {
    if (!version.startsWith(VERSION_PREFIX)) {
      return 0;
    }
    String[] parts = version.substring(VERSION_PREFIX.length()).split("[. ]", 3);
    try {
      return parts.length < 2 ? 0 : 100 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Returns the description of a device like this one that shares no memory with the host. */
  DeviceDescription withMemoryOfItsOwn() {
    return new DeviceDescription(
        platform,
        name,
        vendor,
        version,
        type,
        computeUnits,
        clockMhz,
        globalMemory,
        maxAllocation,
        localMemory,
        maxWorkGroup,
        memBaseAlign,
        false,
        fp64,
        littleEndian,
        available,
        compilerAvailable);
  }

  /** Returns what it is, for people. */
  String detail() {
    return "%s (%s, OpenCL %d.%d, %d compute %s)"
        .formatted(
            name,
            platform,
            versionNumber() / 100,
            versionNumber() % 100,
            computeUnits,
            computeUnits == 1 ? "unit" : "units");
  }
}
