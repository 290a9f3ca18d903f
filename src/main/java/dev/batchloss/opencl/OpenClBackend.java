package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.RunProgress;
import dev.batchloss.device.SlotPool;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.Lifetime;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Runs plans on an OpenCL device. */
final class OpenClBackend implements Backend {
  private final String name;
  private final OpenDevice device;
  private final KernelFamily family;
  private final SlotPool<RowSlot> slots;
  private final Lifetime lifetime;

  /**
   * Opens a device, or shares what is open of it.
   *
   * @throws DeviceException if it fails
   */
  OpenClBackend(String name, Device device) {
    this.name = name;
    this.family = KernelFamily.of(device.description());
    this.device = OpenDevice.of(family.taking(device));
    this.slots = new SlotPool<>(Collections.nCopies(2, () -> new RowSlot(this.device.context())));
    this.lifetime = new Lifetime("the backend " + name);
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
      return onSlots(taken -> new RowRun(device, family, request, taken).run(progress));
    } catch (DeviceException e) {
      throw ErrorCodes.isShortOfMemory(e.code()) ? e : progress.unfinished(e);
    }
  }

  @Override
  public RowOutcome runOnDevice(RowRequest<DeviceMatrix> request) {
    return onSlots(
        taken -> new RowRun(device, family, request, taken).run(new RunProgress(request)));
  }

  @Override
  public DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    return lifetime.during(
        () -> new OpenClMatrix(this, device.context(), type, outer, classes, inner));
  }

  @Override
  public boolean owns(DeviceMatrix matrix) {
    return matrix instanceof OpenClMatrix own && own.isOf(this);
  }

  @Override
  public void close() {
    lifetime.end(slots::close);
  }

  /** Lends slots to work that ends before this backend is closed. */
  <T> T onSlots(Function<List<RowSlot>, T> work) {
    return lifetime.during(() -> onOpenSlots(work));
  }

  private <T> T onOpenSlots(Function<List<RowSlot>, T> work) {
    List<RowSlot> taken = slots.take();
    boolean isSound = false;
    try {
      T result = work.apply(taken);
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
        slots.giveBack(taken);
      } else {
        slots.discard(taken);
      }
    }
  }
}
