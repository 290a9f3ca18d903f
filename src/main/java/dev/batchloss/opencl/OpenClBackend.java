package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.RunProgress;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs plans on an OpenCL device. */
final class OpenClBackend implements Backend {
  private final String name;
  private final OpenDevice device;
  private final KernelFamily family;
  private final SlotPool slots;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Opens a device, or shares what is open of it.
   *
   * @throws DeviceException if it fails
   */
  OpenClBackend(String name, Device device) {
    this.name = name;
    this.family = KernelFamily.of(device.description());
    this.device = OpenDevice.of(family.taking(device));
    this.slots = new SlotPool(this.device.context());
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
  public RowOutcome run(RowRequest<Matrix> request) {
    RunProgress progress = new RunProgress(request);
    try {
      return onSlots(pair -> new RowRun(device, family, request, pair, progress).run());
    } catch (DeviceException e) {
      throw ErrorCodes.isShortOfMemory(e.code()) ? e : progress.unfinished(e);
    }
  }

  @Override
  public RowOutcome runOnDevice(RowRequest<DeviceMatrix> request) {
    RunProgress progress = new RunProgress(request);
    return onSlots(pair -> new RowRun(device, family, request, pair, progress).run());
  }

  @Override
  public DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    lock.readLock().lock();
    try {
      requireOpen();
      return new OpenClMatrix(this, device.context(), type, outer, classes, inner);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public boolean owns(DeviceMatrix matrix) {
    return matrix instanceof OpenClMatrix own && own.isOf(this);
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

  /** Runs a transfer on a queue of its own. */
  void transfer(Consumer<CommandQueue> work) {
    onSlots(
        pair -> {
          work.accept(pair.first().queue());
          return pair;
        });
  }

  /** Lends slots to work that ends before this backend is closed. */
  private <T> T onSlots(Function<SlotPool.Pair, T> work) {
    lock.readLock().lock();
    try {
      requireOpen();
      SlotPool.Pair pair = slots.take();
      boolean isSound = false;
      try {
        T result = work.apply(pair);
        isSound = true;
        return result;
      } catch (DeviceException e) {
        if (!ErrorCodes.isShortOfMemory(e.code())) {
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
    } finally {
      lock.readLock().unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the backend " + name + " is closed");
    }
  }
}
