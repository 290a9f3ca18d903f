package dev.batchloss.compat;

import dev.batchloss.BatchLoss;
import org.jspecify.annotations.Nullable;

/**
 * The engine of calls that name none: opened by the first of them and kept until the process ends.
 */
final class SharedEngine {
  private static @Nullable BatchLoss engine;

  private SharedEngine() {}

  /**
   * Returns the engine.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if the backend that the environment
   *     names cannot run; the next call tries again
   */
  static synchronized BatchLoss get() {
    if (engine == null) {
      engine = BatchLoss.open();
    }
    return engine;
  }
}
