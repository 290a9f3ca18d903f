package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Runs plans on an OpenCL device. */
final class OpenClBackend implements Backend {
  private final String name;
  private final OpenDevice device;
  private final KernelFamily family;
  private final SlotPool slots;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /** Runs on a device that stays open. */
  OpenClBackend(String name, OpenDevice device) {
    this.name = name;
    this.device = device;
    this.family = KernelFamily.of(device.context().description());
    this.slots = new SlotPool(device.context());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String detail() {
    return device.context().description().detail();
  }

  @Override
  public RowOutcome run(RowRequest request) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the backend " + name + " is closed");
      }
      return runOpen(request);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      slots.close();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private RowOutcome runOpen(RowRequest request) {
    SlotPool.Pair pair = slots.take();
    boolean isSound = false;
    try {
      RowOutcome outcome = new RowRun(device, family, request, pair).run();
      isSound = true;
      return outcome;
    } catch (DeviceException e) {
      if (!ErrorCodes.isOutOfMemory(e.code())) {
        device.forget();
      }
      throw e;
    } catch (InvalidDataException e) {
      // The data is bad, not the device.
      isSound = true;
      throw e;
    } finally {
      if (isSound) {
        slots.giveBack(pair);
      } else {
        slots.discard(pair);
      }
    }
  }
}
