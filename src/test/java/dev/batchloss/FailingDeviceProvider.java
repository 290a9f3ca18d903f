package dev.batchloss;

import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendProvider;
import java.util.List;

/** Offers a device that fails, to tests that say after how many rows. */
public final class FailingDeviceProvider implements BackendProvider {
  /** The name of the backend. */
  public static final String NAME = "failing:0";

  private static final String PROPERTY = "batchloss.test.rowsBeforeFailure";

  /** Lets engines that are opened from now on find it. */
  public static void failAfter(long rows) {
    System.setProperty(PROPERTY, Long.toString(rows));
  }

  /** Takes it away again. */
  public static void forget() {
    System.clearProperty(PROPERTY);
  }

  @Override
  public List<BackendOffer> offers() {
    Long rows = Long.getLong(PROPERTY);
    return rows == null
        ? List.of()
        : List.of(new FailingDevice(NAME, rows).offer(Preference.CUDA_GPU));
  }
}
