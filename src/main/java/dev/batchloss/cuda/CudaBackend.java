package dev.batchloss.cuda;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.RunProgress;
import dev.batchloss.device.SlotPool;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.DeviceCall;
import dev.batchloss.spi.DeviceLoss;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.Lifetime;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs plans on CUDA devices: on one, or on several that share each call over host matrices.
 * Matrices of its own are on the first.
 */
final class CudaBackend implements Backend {
  /** While one chunk computes, another is copied in and a third folded. */
  private static final int SLOTS_OF_DEVICE = 3;

  private final String name;
  private final List<OpenDevice> devices;
  private final SlotPool<RowSlot> slots;
  private final LossPool losses;
  private final TransferSizes sizes;
  private final Lifetime lifetime;
  private boolean isReleased;

  /**
   * Opens devices, or shares what is open of them.
   *
   * @param usable at least one
   * @throws DeviceException if one fails
   */
  CudaBackend(String name, List<DeviceDescription> usable, TransferSizes sizes) {
    this.name = name;
    this.devices = usable.stream().map(OpenDevice::of).toList();
    List<Supplier<RowSlot>> sources = new ArrayList<>();
    for (int turn = 0; turn < SLOTS_OF_DEVICE; turn++) {
      for (OpenDevice device : devices) {
        sources.add(() -> new RowSlot(device));
      }
    }
    this.slots = new SlotPool<>(sources);
    this.losses = new LossPool(devices.getFirst());
    this.sizes = sizes;
    this.lifetime = new Lifetime("the backend " + name);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String detail() {
    return detail(devices.stream().map(device -> device.context().device()).toList());
  }

  /** Returns what a backend on these devices runs on. */
  static String detail(List<DeviceDescription> devices) {
    return String.join(" + ", devices.stream().map(DeviceDescription::detail).toList());
  }

  @Override
  public RowOutcome run(RowRequest<Matrix> request) {
    RunProgress progress = new RunProgress(request);
    try {
      return onSlots(taken -> new RowRun(request, taken, sizes).run(progress));
    } catch (DeviceException e) {
      throw ErrorCodes.isOutOfMemory(e.code()) ? e : progress.unfinished(e);
    }
  }

  @Override
  public RowOutcome runOnDevice(RowRequest<DeviceMatrix> request) {
    Supplier<RowOutcome> run =
        () ->
            onSlots(
                taken ->
                    new RowRun(request, ofFirstDevice(taken), sizes).run(new RunProgress(request)));
    return whileOpen(request.input(), () -> whileOpen(request.output(), run));
  }

  @Override
  public DeviceLoss launch(RowPlan plan, EmptyMean emptyMean, DeviceCall call) {
    return lifetime.during(
        () -> {
          devices.getFirst().requireSound();
          return losses.launch(new LossLaunch(plan, emptyMean, call));
        });
  }

  @Override
  public DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    return lifetime.during(
        () -> new CudaMatrix(this, devices.getFirst().context(), type, outer, classes, inner));
  }

  @Override
  public boolean owns(DeviceMatrix matrix) {
    return matrix instanceof CudaMatrix own && own.isOf(this);
  }

  @Override
  public void close() {
    lifetime.end(this::release);
  }

  /** Lends slots to work that ends before this backend is closed. */
  <T> T onSlots(Function<List<RowSlot>, T> work) {
    return lifetime.during(
        () -> {
          devices.forEach(OpenDevice::requireSound);
          return onOpenSlots(work);
        });
  }

  private <T> T onOpenSlots(Function<List<RowSlot>, T> work) {
    List<RowSlot> taken = slots.take();
    boolean isSound = false;
    try {
      T result = work.apply(taken);
      isSound = true;
      return result;
    } catch (DeviceException e) {
      devices.stream()
          .filter(device -> device.context().isLost())
          .forEach(device -> device.lose(e));
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

  private void release() {
    slots.close();
    losses.close();
    if (!isReleased) {
      isReleased = true;
      devices.forEach(OpenDevice::release);
    }
  }

  private List<RowSlot> ofFirstDevice(List<RowSlot> taken) {
    return taken.stream().filter(slot -> slot.device() == devices.getFirst()).toList();
  }

  private static <T> T whileOpen(@Nullable DeviceMatrix matrix, Supplier<T> work) {
    return matrix instanceof CudaMatrix own ? own.whileOpen(work) : work.get();
  }
}
