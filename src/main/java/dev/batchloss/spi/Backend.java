package dev.batchloss.spi;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.RowPlan;

/**
 * Something that runs plans. Every method may be called from many threads at once; a call blocks
 * until its result is complete.
 */
public interface Backend extends AutoCloseable {
  /** Returns the name it is opened by, such as {@code cpu} or {@code cuda:0}. */
  String name();

  /** Returns what it runs on, for people: such as the width of its vectors and its threads. */
  String detail();

  /**
   * Runs a row plan over a host matrix. Every row from {@link RowRequest#firstRow} on reaches
   * exactly one of the request's folds, and the output matrix, if there is one, is complete from
   * there on return.
   *
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range; nothing
   *     has been written then
   * @throws dev.batchloss.data.InvalidDataException if a weight or a probability is bad; after a
   *     bad probability the contents of the output matrix are unspecified
   * @throws UnfinishedRunException if the device fails and the call can go on elsewhere
   * @throws dev.batchloss.data.DeviceException if its memory does not suffice for a single row, or
   *     it fails and nobody knows what was done
   * @throws IllegalStateException if the backend is closed
   */
  RowOutcome run(RowRequest<Matrix> request);

  /**
   * Runs a row plan over a matrix on this backend's device, like {@link #run}; targets, weights and
   * upstream are in the host's memory.
   *
   * @throws dev.batchloss.data.InvalidTargetException as {@link #run}
   * @throws dev.batchloss.data.InvalidDataException as {@link #run}
   * @throws dev.batchloss.data.DeviceException if the device fails; what was to be written is
   *     unspecified then
   * @throws IllegalStateException if the backend or a matrix is closed
   * @throws UnsupportedOperationException if the backend has no memory of its own
   */
  default RowOutcome runOnDevice(RowRequest<DeviceMatrix> request) {
    throw hasNoMemory();
  }

  /**
   * Allocates a matrix on the backend's device; its elements are unspecified. The caller closes it.
   *
   * @throws IllegalArgumentException if a length is negative
   * @throws dev.batchloss.data.DeviceException if there is not enough memory
   * @throws IllegalStateException if the backend is closed
   * @throws UnsupportedOperationException if the backend has no memory of its own
   */
  default DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    throw hasNoMemory();
  }

  /**
   * Enqueues a row plan over memory of the caller's on this backend's device, and waits for
   * nothing.
   *
   * @param plan class targets only, reduced to one number
   * @param emptyMean what the mean over no counted row is
   * @throws dev.batchloss.data.DeviceException if the device fails or its memory does not suffice
   * @throws IllegalStateException if the backend is closed
   * @throws UnsupportedOperationException if the backend takes no memory of others
   */
  default DeviceLoss launch(RowPlan plan, EmptyMean emptyMean, DeviceCall call) {
    throw new UnsupportedOperationException(
        "the backend %s takes no pointers of a device: use evaluate".formatted(name()));
  }

  /** Returns whether the matrix is one that this very backend allocated. */
  default boolean owns(DeviceMatrix matrix) {
    return false;
  }

  /** Waits for running calls, then frees what the backend holds. Closing twice does nothing. */
  @Override
  void close();

  private UnsupportedOperationException hasNoMemory() {
    return new UnsupportedOperationException(
        "the backend %s computes in the host's memory: pass it the Matrix itself"
            .formatted(name()));
  }
}
