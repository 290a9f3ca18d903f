package dev.batchloss.opencl;

import dev.batchloss.RequiredBackends;
import dev.batchloss.spi.BackendOffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jocl.CL;

/** The device that these tests run on; without one they are skipped, or fail where required. */
final class TestDevice {
  private TestDevice() {}

  static Device find() {
    List<BackendOffer> offers = new OpenClBackendProvider().offers();
    if (offers.stream().noneMatch(BackendOffer::isAvailable)) {
      throw missing("no OpenCL device can run: " + offers.getFirst().reason());
    }
    return InstalledPlatforms.find().stream()
        .flatMap(platform -> platform.devices().stream())
        .findFirst()
        .orElseThrow();
  }

  /** Skips the test, or fails it where OpenCL is required; never returns. */
  static RuntimeException missing(String reason) {
    RequiredBackends.skipOrFail(DeviceDiscovery.FAMILY, reason);
    throw new AssertionError(reason);
  }

  /** A description of a device that does not exist. */
  static Description describe() {
    return new Description();
  }

  /** Returns the device as one that says other things of itself. */
  static Device pretending(Device device, UnaryOperator<Description> changes) {
    Description description = changes.apply(new Description(device.description()));
    return new Device(device.platform(), device.id(), description.build());
  }

  /** What a device says of itself, a discrete GPU that can run unless told otherwise. */
  static final class Description {
    private String platform = "A platform";
    private String name = "A device";
    private String vendor = "A vendor";
    private String version = "OpenCL 1.2";
    private long type = CL.CL_DEVICE_TYPE_GPU;
    private int computeUnits = 10;
    private int clockMhz = 1000;
    private long globalMemory = 1L << 30;
    private long maxAllocation = 1L << 28;
    private long localMemory = 1L << 15;
    private long maxWorkGroup = 256;
    private int memBaseAlign = 128;
    private boolean unifiedMemory;
    private boolean fp64 = true;
    private boolean littleEndian = true;
    private boolean available = true;
    private boolean compiler = true;

    private Description() {}

    private Description(DeviceDescription of) {
      platform = of.platform();
      name = of.name();
      vendor = of.vendor();
      version = of.version();
      type = of.type();
      computeUnits = of.computeUnits();
      clockMhz = of.clockMhz();
      globalMemory = of.globalMemory();
      maxAllocation = of.maxAllocation();
      localMemory = of.localMemory();
      maxWorkGroup = of.maxWorkGroup();
      memBaseAlign = of.memBaseAlign();
      unifiedMemory = of.unifiedMemory();
      fp64 = of.fp64();
      littleEndian = of.littleEndian();
      available = of.available();
      compiler = of.compilerAvailable();
    }

    Description platform(String value) {
      platform = value;
      return this;
    }

    Description name(String value) {
      name = value;
      return this;
    }

    Description version(String value) {
      version = value;
      return this;
    }

    Description type(long bits) {
      type = bits;
      return this;
    }

    Description speed(int units, int mhz) {
      computeUnits = units;
      clockMhz = mhz;
      return this;
    }

    Description maxAllocation(long bytes) {
      maxAllocation = bytes;
      return this;
    }

    Description computeUnits(int units) {
      computeUnits = units;
      return this;
    }

    Description localMemory(long bytes) {
      localMemory = bytes;
      return this;
    }

    Description maxWorkGroup(long items) {
      maxWorkGroup = items;
      return this;
    }

    Description withMemoryOfItsOwn() {
      unifiedMemory = false;
      return this;
    }

    Description sharingMemory() {
      unifiedMemory = true;
      return this;
    }

    Description withoutDoubles() {
      fp64 = false;
      return this;
    }

    Description bigEndian() {
      littleEndian = false;
      return this;
    }

    Description unavailable() {
      available = false;
      return this;
    }

    Description withoutCompiler() {
      compiler = false;
      return this;
    }

    DeviceDescription build() {
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
          unifiedMemory,
          fp64,
          littleEndian,
          available,
          compiler);
    }
  }
}
