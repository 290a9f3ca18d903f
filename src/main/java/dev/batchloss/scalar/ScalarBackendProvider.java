package dev.batchloss.scalar;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendProvider;
import java.util.List;

/** Offers the backend {@code scalar}, which runs everywhere. */
public final class ScalarBackendProvider implements BackendProvider {
  /** Creates the provider; the service loader does. */
  public ScalarBackendProvider() {}

  @Override
  public List<BackendOffer> offers() {
    return List.of(
        BackendOffer.available(
            ScalarBackend.NAME,
            Preference.SCALAR_CPU,
            ScalarBackend.DETAIL,
            options -> new ScalarBackend()));
  }
}
