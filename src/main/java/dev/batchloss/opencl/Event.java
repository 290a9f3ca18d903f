package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.device.NativeHandle;
import org.jocl.CL;
import org.jocl.cl_event;

/** A place in a queue that the host can wait for. Thread-safe. */
final class Event extends NativeHandle<cl_event> {
  Event(cl_event event) {
    super("event", event, CL::clReleaseEvent);
  }

  /**
   * Waits until every command before it is done.
   *
   * @throws DeviceException if one of them failed
   */
  void waitFor() {
    with(
        event -> {
          ErrorCodes.call(
              "waiting for the device", () -> CL.clWaitForEvents(1, new cl_event[] {event}));
          return event;
        });
  }
}
