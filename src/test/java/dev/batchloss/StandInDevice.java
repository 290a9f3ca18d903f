package dev.batchloss;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.device.PackedDeviceMatrix;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A backend with memory of its own, where {@code scalar} computes. */
final class StandInDevice implements Backend {
  static final String NAME = "standin:0";

  /** How many matrices have not been closed. */
  int live;

  /** Whether copies to the device fail. */
  boolean failing;

  /** Whether the last call's output was its input. */
  boolean wasInPlace;

  private final Backend scalar = BackendChoice.of("scalar").open(BackendOptions.DEFAULT).backend();
  private boolean closed;

  /** Opens an engine on it. */
  BatchLoss open() {
    BackendOffer offer =
        BackendOffer.available(NAME, Preference.OPENCL_GPU, "a stand-in", _ -> this);
    return new BatchLoss(BackendChoice.among(List.of(offer), NAME).open(BackendOptions.DEFAULT));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String detail() {
    return "a stand-in";
  }

  @Override
  public RowOutcome run(RowRequest<Matrix> request) {
    return scalar.run(request);
  }

  @Override
  public RowOutcome runOnDevice(RowRequest<DeviceMatrix> request) {
    wasInPlace = request.inPlace();
    DeviceMatrix output = request.output();
    return scalar.run(
        new RowRequest<>(
            request.rowPlan(),
            onHost(request.input()),
            request.targets(),
            request.statistics(),
            request.outputKind(),
            output == null ? null : onHost(output),
            request.upstream(),
            request.rowUpstream(),
            request.folds()));
  }

  private static Matrix onHost(DeviceMatrix matrix) {
    return ((Memory) matrix).open();
  }

  @Override
  public DeviceMatrix allocate(ElementType type, long outer, int classes, long inner) {
    return new Memory(type, outer, classes, inner);
  }

  @Override
  public boolean owns(DeviceMatrix matrix) {
    return matrix instanceof Memory memory && memory.owner() == this;
  }

  @Override
  public void close() {
    closed = true;
    scalar.close();
  }

  private final class Memory extends PackedDeviceMatrix {
    private final Arena arena = Arena.ofShared();
    private @Nullable Matrix numbers;

    Memory(ElementType type, long outer, int classes, long inner) {
      super(NAME, type, outer, classes, inner);
      MemorySegment memory = arena.allocate(bytes(type, outer, classes, inner));
      this.numbers = Matrix.of(memory, type, outer, classes, inner);
      live++;
    }

    StandInDevice owner() {
      return StandInDevice.this;
    }

    Matrix open() {
      if (numbers == null || closed) {
        throw new IllegalStateException(this + " is closed");
      }
      return numbers;
    }

    @Override
    protected void transfer(long stagingBytes, BiConsumer<DeviceMemory, MemorySegment> copy) {
      MemorySegment memory = open().segment();
      copy.accept(
          new DeviceMemory() {
            @Override
            public void write(long offset, MemorySegment from) {
              if (failing) {
                throw new DeviceException(-5, "OUT_OF_RESOURCES", "copying to the device");
              }
              memory.asSlice(offset).copyFrom(from);
            }

            @Override
            public void read(long offset, MemorySegment to) {
              to.copyFrom(memory.asSlice(offset, to.byteSize()));
            }
          },
          arena.allocate(stagingBytes));
    }

    @Override
    public void close() {
      if (numbers != null) {
        numbers = null;
        arena.close();
        live--;
      }
    }
  }
}
