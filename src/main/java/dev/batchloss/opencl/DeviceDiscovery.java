package dev.batchloss.opencl;

import dev.batchloss.data.BackendUnavailableException;
import dev.batchloss.device.LoadFailure;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jocl.CL;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the loader knows into offers, the best device first. What was found stays so for the
 * life of the process; where nothing was, it looks again next time. A GPU is tried before it is
 * offered; a device that is only taken on request when it is opened, for compiling may take seconds
 * there. Thread-safe.
 */
final class DeviceDiscovery {
  static final String FAMILY = "opencl";

  private static final int OLDEST_VERSION = 102;

  private final Supplier<List<Platform>> source;
  private final Function<Device, @Nullable String> smokeTest;
  private final Map<Device, Optional<String>> verdicts = new HashMap<>();
  private List<Platform> found = List.of();
  private @Nullable String loadFailure;

  /**
   * Starts with nothing found.
   *
   * @param source lists the platforms
   * @param smokeTest returns why a device cannot be trusted, or null
   */
  DeviceDiscovery(Supplier<List<Platform>> source, Function<Device, @Nullable String> smokeTest) {
    this.source = source;
    this.smokeTest = smokeTest;
  }

  /** Returns at least one offer; never throws. */
  synchronized List<BackendOffer> offers() {
    // JOCL's class cannot be loaded a second time, and says less then.
    if (loadFailure != null) {
      return nothing(loadFailure);
    }
    try {
      if (found.stream().allMatch(platform -> platform.devices().isEmpty())) {
        found = source.get();
      }
      return offers(found);
    } catch (LinkageError e) {
      loadFailure = LoadFailure.reason("JOCL", InstalledPlatforms.NO_LOADER, e);
      return nothing(loadFailure);
    } catch (IllegalCallerException e) {
      return nothing(
          "native access is denied to it; start java with --enable-native-access=ALL-UNNAMED");
    } catch (RuntimeException e) {
      return nothing("looking for devices failed: " + e);
    }
  }

  private List<BackendOffer> offers(List<Platform> platforms) {
    if (platforms.isEmpty()) {
      return nothing(noPlatform(System.getenv("OCL_ICD_VENDORS")));
    }
    List<Device> devices = new ArrayList<>();
    List<BackendOffer> empty = new ArrayList<>();
    for (Platform platform : platforms) {
      devices.addAll(platform.devices());
      if (platform.devices().isEmpty()) {
        empty.addAll(nothing(noDevice(platform)));
      }
    }
    devices.sort(
        Comparator.comparing((Device device) -> reasonAgainst(device) != null)
            .thenComparing(Device::description, DeviceRanking.BEST_FIRST));
    List<BackendOffer> offers = new ArrayList<>();
    for (Device device : devices) {
      offers.add(offer(FAMILY + ":" + offers.size(), device));
    }
    offers.addAll(empty);
    return List.copyOf(offers);
  }

  private BackendOffer offer(String name, Device device) {
    DeviceDescription description = device.description();
    Preference preference = description.isGpu() ? Preference.OPENCL_GPU : Preference.ON_REQUEST;
    String reason = reasonAgainst(device);
    if (reason != null) {
      return BackendOffer.unavailable(
          name,
          preference,
          "%s (%s): %s".formatted(description.name(), description.platform(), reason));
    }
    String advice =
        description.isGpu()
            ? null
            : "%s, only taken when asked for: --backend %s"
                .formatted(
                    description.isCpu() ? "a CPU, on which cpu is faster" : "not a GPU", name);
    return new BackendOffer(
        name, preference, description.detail(), advice, options -> open(name, device));
  }

  private Backend open(String name, Device device) {
    String failure = smokeFailure(device);
    if (failure != null) {
      throw new BackendUnavailableException(
          "backend '%s' is not available: %s: %s"
              .formatted(name, device.description().name(), failure));
    }
    return new OpenClBackend(name, device);
  }

  /** Returns why a device cannot run, as far as that is known, or null. */
  private @Nullable String reasonAgainst(Device device) {
    DeviceDescription description = device.description();
    if (!description.available()) {
      return "the driver says that it is not available";
    }
    if (!description.compilerAvailable()) {
      return "its driver has no compiler";
    }
    if (!description.littleEndian()) {
      return "it is big-endian";
    }
    if (description.versionNumber() < OLDEST_VERSION) {
      return "it has '%s', OpenCL 1.2 is needed".formatted(description.version());
    }
    if (description.isGpu()) {
      return smokeFailure(device);
    }
    Optional<String> verdict = verdicts.get(device);
    return verdict == null ? null : verdict.orElse(null);
  }

  private synchronized @Nullable String smokeFailure(Device device) {
    return verdicts
        .computeIfAbsent(device, untried -> Optional.ofNullable(smokeTest.apply(untried)))
        .orElse(null);
  }

  private static List<BackendOffer> nothing(String reason) {
    return List.of(BackendOffer.unavailable(FAMILY, Preference.OPENCL_GPU, reason));
  }

  private static String noPlatform(@Nullable String vendors) {
    return "the OpenCL loader finds no platform: no driver's .icd file in %s names a library that loads"
        .formatted(
            vendors == null
                ? "its folder (/etc/OpenCL/vendors on Linux)"
                : "OCL_ICD_VENDORS=" + vendors);
  }

  private static String noDevice(Platform platform) {
    boolean isPlain = platform.code() == CL.CL_SUCCESS || platform.code() == CL.CL_DEVICE_NOT_FOUND;
    String reason =
        isPlain
            ? "platform '%s' has no device".formatted(platform.name())
            : ErrorCodes.failure(platform.code(), "platform '%s'".formatted(platform.name()))
                .getMessage();
    return platform.name().equals("Portable Computing Language")
        ? reason + "; it has none where it cannot write its cache: POCL_CACHE_DIR, or HOME"
        : reason;
  }
}
