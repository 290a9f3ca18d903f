package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The memory of device losses, given to the next call as soon as that needs no waiting: there is as
 * much of it as there are results that are not closed, and streams that run beside each other.
 * Thread-safe.
 */
final class LossPool implements AutoCloseable {
  private final OpenDevice device;
  private final Deque<LossWorkspace> idle = new ArrayDeque<>();
  private boolean isClosed;

  /** Starts without memory. */
  LossPool(OpenDevice device) {
    this.device = device;
  }

  /**
   * Enqueues a launch on the caller's stream.
   *
   * @throws DeviceException if the device fails or has not enough memory
   */
  CudaLoss launch(LossLaunch launch) {
    try (Stream stream = Stream.borrow(device.context(), launch.call().stream())) {
      LossWorkspace workspace = take(launch);
      try {
        workspace.enqueue(launch, stream);
      } catch (RuntimeException | Error e) {
        discard(workspace, stream);
        throw e;
      }
      return new CudaLoss(this, workspace, launch.rows().classes());
    } catch (DeviceException e) {
      throw noted(e);
    }
  }

  /** Tells the device of a failure, which is returned. */
  DeviceException noted(DeviceException failure) {
    if (ErrorCodes.isSticky(failure.code())) {
      device.lose(failure);
    }
    return failure;
  }

  /** Takes memory back; what is enqueued may still use it. */
  void giveBack(LossWorkspace workspace) {
    synchronized (idle) {
      if (!isClosed) {
        idle.push(workspace);
        return;
      }
    }
    workspace.close();
  }

  /** Waits for the work that uses idle memory, and frees it. */
  @Override
  public void close() {
    synchronized (idle) {
      isClosed = true;
      idle.forEach(LossWorkspace::close);
      idle.clear();
    }
  }

  private LossWorkspace take(LossLaunch launch) {
    synchronized (idle) {
      for (LossWorkspace workspace : idle) {
        if (workspace.precedes(launch) || workspace.isFree()) {
          idle.remove(workspace);
          return workspace;
        }
      }
    }
    return new LossWorkspace(device);
  }

  /** Part of a launch may have been enqueued, and nobody will wait for it. */
  private static void discard(LossWorkspace workspace, Stream stream) {
    try {
      stream.synchronize("waiting for a launch that failed");
    } catch (DeviceException _) {
      // Why it failed is on its way already.
    } finally {
      workspace.close();
    }
  }
}
