package dev.batchloss.spi;

import dev.batchloss.data.DeviceException;
import org.jspecify.annotations.Nullable;

/**
 * The device failed in the middle of a call over host matrices, and another backend can go on where
 * it stopped: {@link RowRequest#after}.
 */
public final class UnfinishedRunException extends DeviceException {
  private static final long serialVersionUID = 1;

  private final DeviceException failure;
  private final transient @Nullable RowsDone rowsDone;

  /**
   * Creates one with the message of the failure.
   *
   * @param failure what the driver said
   * @param rowsDone how far the call had come, or null if no row was read: nothing has reached the
   *     folds then, and the input is as it was
   */
  public UnfinishedRunException(DeviceException failure, @Nullable RowsDone rowsDone) {
    super(failure);
    this.failure = failure;
    this.rowsDone = rowsDone;
  }

  /** Returns the failure itself. */
  public DeviceException failure() {
    return failure;
  }

  /** Returns how far the call had come, or null if the whole is still to do. */
  public @Nullable RowsDone rowsDone() {
    return rowsDone;
  }
}
