package dev.batchloss.cuda;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendProvider;
import java.util.List;

/**
 * Offers {@code cuda:0}, {@code cuda:1} and so on, as the driver numbers its devices, and {@code
 * cuda:all} where there are several, which is only taken when asked for.
 */
public final class CudaBackendProvider implements BackendProvider {
  /** Every provider's: a process has the same devices throughout. */
  private static final DeviceDiscovery DISCOVERY =
      new DeviceDiscovery(JCudaLibrary::failure, InstalledDevices::find, SmokeTest::failure);

  /** Creates the provider; the service loader does. */
  public CudaBackendProvider() {}

  @Override
  public List<BackendOffer> offers() {
    return DISCOVERY.offers();
  }
}
