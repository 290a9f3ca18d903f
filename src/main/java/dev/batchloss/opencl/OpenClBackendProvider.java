package dev.batchloss.opencl;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendProvider;
import java.util.List;

/**
 * Offers {@code opencl:0}, {@code opencl:1} and so on, the best device first, those that cannot run
 * last. A GPU is taken unasked; another device only by its name or by {@code opencl}.
 */
public final class OpenClBackendProvider implements BackendProvider {
  /** Every provider's: a process has the same devices throughout. */
  private static final DeviceDiscovery DISCOVERY =
      new DeviceDiscovery(InstalledPlatforms::find, SmokeTest::failure);

  /** Creates the provider; the service loader does. */
  public OpenClBackendProvider() {}

  @Override
  public List<BackendOffer> offers() {
    return DISCOVERY.offers();
  }
}
