package dev.batchloss.cpu;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.BackendProvider;
import java.util.List;

/** Offers {@code cpu} where the Vector API's module is readable; else says how to make it so. */
public final class CpuBackendProvider implements BackendProvider {
  private static final String MODULE = "jdk.incubator.vector";

  /** Creates the provider; for {@link java.util.ServiceLoader}. */
  public CpuBackendProvider() {}

  @Override
  public List<BackendOffer> offers() {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return List.of(
          BackendOffer.unavailable(
              CpuBackend.NAME,
              Preference.VECTOR_CPU,
              "the module "
                  + MODULE
                  + " is not readable; start java with --add-modules "
                  + MODULE));
    }
    return List.of(
        BackendOffer.available(
            CpuBackend.NAME,
            Preference.VECTOR_CPU,
            CpuBackend.detail(BackendOptions.DEFAULT.threadsOrAll()),
            CpuBackend::new));
  }
}
