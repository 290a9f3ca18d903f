package dev.batchloss.cuda;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the driver knows into offers: {@code cuda:0}, {@code cuda:1} and so on, as the driver
 * numbers them, and {@code cuda:all} where several can run. A device is tried before it is offered.
 * What was found stays so for the life of the process. Thread-safe.
 */
final class DeviceDiscovery {
  static final String FAMILY = "cuda";

  private final Supplier<@Nullable String> library;
  private final Supplier<List<DeviceDescription>> source;
  private final Function<DeviceDescription, @Nullable String> smokeTest;
  private @Nullable List<BackendOffer> offers;

  /**
   * Starts with nothing found.
   *
   * @param library returns why JCuda cannot be used, or null
   * @param source lists the devices
   * @param smokeTest returns why a device cannot be trusted, or null
   */
  DeviceDiscovery(
      Supplier<@Nullable String> library,
      Supplier<List<DeviceDescription>> source,
      Function<DeviceDescription, @Nullable String> smokeTest) {
    this.library = library;
    this.source = source;
    this.smokeTest = smokeTest;
  }

  /** Returns at least one offer; never throws. */
  synchronized List<BackendOffer> offers() {
    if (offers == null) {
      offers = find();
    }
    return offers;
  }

  private List<BackendOffer> find() {
    String reason = library.get();
    if (reason != null) {
      return nothing(reason);
    }
    try {
      List<DeviceDescription> devices = source.get();
      return devices.isEmpty() ? nothing("the driver finds no device") : offers(devices);
    } catch (RuntimeException e) {
      return nothing("looking for devices failed: " + e);
    }
  }

  private List<BackendOffer> offers(List<DeviceDescription> devices) {
    List<BackendOffer> found = new ArrayList<>();
    List<DeviceDescription> usable = new ArrayList<>();
    for (DeviceDescription device : devices) {
      String name = FAMILY + ":" + device.ordinal();
      String reason = device.reasonAgainst();
      reason = reason == null ? smokeTest.apply(device) : reason;
      if (reason == null) {
        usable.add(device);
        found.add(offer(name, null, List.of(device)));
      } else {
        found.add(
            BackendOffer.unavailable(
                name, Preference.CUDA_GPU, "%s: %s".formatted(device.name(), reason)));
      }
    }
    if (usable.size() > 1) {
      String name = FAMILY + ":all";
      String advice =
          "%d devices together, only taken when asked for: --backend %s"
              .formatted(usable.size(), name);
      found.add(offer(name, advice, List.copyOf(usable)));
    }
    return List.copyOf(found);
  }

  private static BackendOffer offer(
      String name, @Nullable String advice, List<DeviceDescription> devices) {
    return new BackendOffer(
        name,
        advice == null ? Preference.CUDA_GPU : Preference.ON_REQUEST,
        CudaBackend.detail(devices),
        advice,
        _ -> new CudaBackend(name, devices, TransferSizes.DEFAULT));
  }

  private static List<BackendOffer> nothing(String reason) {
    return List.of(BackendOffer.unavailable(FAMILY, Preference.CUDA_GPU, reason));
  }
}
