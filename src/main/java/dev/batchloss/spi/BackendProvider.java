package dev.batchloss.spi;

import java.util.List;

/**
 * Finds the backends of one kind on this machine; found itself by {@link java.util.ServiceLoader}.
 */
public interface BackendProvider {
  /**
   * Returns every backend of this kind, those that cannot run among them, each with its reason.
   * Never throws, and takes under 50 ms where there is no driver.
   */
  List<BackendOffer> offers();
}
