package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.fail;

import dev.batchloss.spi.BackendOffer;
import java.util.Arrays;
import java.util.List;
import org.jocl.CL;
import org.junit.jupiter.api.Assumptions;

/** The device that these tests run on; without one they are skipped, or fail where required. */
final class TestDevice {
  private static final String REQUIRE = "BATCHLOSS_REQUIRE";

  private TestDevice() {}

  static Device find() {
    List<BackendOffer> offers = new OpenClBackendProvider().offers();
    if (offers.stream().noneMatch(BackendOffer::isAvailable)) {
      String reason = "no OpenCL device can run: " + offers.getFirst().reason();
      String required = System.getenv(REQUIRE);
      if (required != null
          && Arrays.asList(required.split("\\s*,\\s*", -1)).contains(DeviceDiscovery.FAMILY)) {
        fail("%s names %s, but %s", REQUIRE, DeviceDiscovery.FAMILY, reason);
      }
      Assumptions.abort(reason);
    }
    return InstalledPlatforms.find().stream()
        .flatMap(platform -> platform.devices().stream())
        .findFirst()
        .orElseThrow();
  }

  /** A description of a device that does not exist. */
  static Description describe() {
    return new Description();
  }

  /** What a device says of itself, a discrete GPU that can run unless told otherwise. */
  static final class Description {
    private String platform = "A platform";
    private String name = "A device";
    private String version = "OpenCL 1.2";
    private long type = CL.CL_DEVICE_TYPE_GPU;
    private int computeUnits = 10;
    private int clockMhz = 1000;
    private boolean unifiedMemory;
    private boolean littleEndian = true;
    private boolean available = true;
    private boolean compiler = true;

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

    Description sharingMemory() {
      unifiedMemory = true;
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
          "A vendor",
          version,
          type,
          computeUnits,
          clockMhz,
          1L << 30,
          1L << 28,
          1L << 15,
          256,
          128,
          unifiedMemory,
          true,
          littleEndian,
          available,
          compiler);
    }
  }
}
