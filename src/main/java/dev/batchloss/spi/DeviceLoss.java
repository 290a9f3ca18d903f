package dev.batchloss.spi;

/**
 * A loss that is computed on a device, on its way or done. Whoever asked for it closes it; it may
 * be read and closed after its engine was closed. Every method may be called from any thread.
 */
public interface DeviceLoss extends AutoCloseable {
  /**
   * Returns where on the device the loss is: the address of one double, for work that is enqueued
   * behind the call. Does not block. The double is NaN if a target or a sample weight was refused,
   * and the library's again when this is closed: then only what was enqueued on the call's stream
   * before finds it.
   *
   * @throws IllegalStateException if this is closed
   */
  long address();

  /**
   * Returns the loss; blocks until the device has come past the call, and for nothing else.
   *
   * @throws dev.batchloss.data.InvalidTargetException if a class target is out of range; no
   *     gradient and no row losses have been written then
   * @throws dev.batchloss.data.InvalidDataException if a sample weight is not finite, likewise
   * @throws dev.batchloss.data.DeviceException if the device has failed; what was to be written is
   *     unspecified then
   * @throws IllegalStateException if this is closed
   */
  double loss();

  /**
   * Gives the memory back for later calls, without waiting for this one: it goes on. A refusal that
   * nobody has read is lost. Closing twice does nothing.
   */
  @Override
  void close();
}
