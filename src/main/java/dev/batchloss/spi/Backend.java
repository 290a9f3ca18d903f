package dev.batchloss.spi;

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
   * Runs a row plan over a host matrix. Every row reaches exactly one of the request's folds, and
   * the output matrix, if there is one, is complete on return.
   *
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range; nothing
   *     has been written then
   * @throws dev.batchloss.data.InvalidDataException if a weight or a probability is bad; after a
   *     bad probability the contents of the output matrix are unspecified
   * @throws dev.batchloss.data.DeviceException if the device fails
   * @throws IllegalStateException if the backend is closed
   */
  RowOutcome run(RowRequest request);

  /** Waits for running calls, then frees what the backend holds. Closing twice does nothing. */
  @Override
  void close();
}
