package dev.batchloss.cuda;

import dev.batchloss.device.NativeHandle;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** A place in a stream, and when the device came to it. */
final class Event extends NativeHandle<CUevent> {
  private static final double SECONDS_PER_MILLISECOND = 1e-3;

  private final CudaContext context;

  Event(CudaContext context, CUevent event) {
    super("event", event, context.releasing(JCudaDriver::cuEventDestroy));
    this.context = context;
  }

  /**
   * Returns whether it has happened; does not wait.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  boolean hasHappened() {
    return with(
        event -> context.isDone("asking for an event", () -> JCudaDriver.cuEventQuery(event)));
  }

  /**
   * Waits until it has happened.
   *
   * @param what what is waited for, for the message
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  void await(String what) {
    with(
        event -> {
          context.call(what, () -> JCudaDriver.cuEventSynchronize(event));
          return event;
        });
  }

  /**
   * Returns the time from another event to this one; the stream has come to both.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  double secondsSince(Event start) {
    float[] milliseconds = new float[1];
    with(
        end ->
            start.with(
                begin -> {
                  context.call(
                      "taking the time",
                      () -> JCudaDriver.cuEventElapsedTime(milliseconds, begin, end));
                  return milliseconds;
                }));
    return milliseconds[0] * SECONDS_PER_MILLISECOND;
  }
}
