package dev.batchloss.cuda;

import dev.batchloss.data.Matrix;
import dev.batchloss.device.ChunkLoop;
import dev.batchloss.device.QueueLoop;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowFolding;
import dev.batchloss.device.RowPhases;
import dev.batchloss.device.RunProgress;
import dev.batchloss.device.TargetPhase;
import dev.batchloss.device.TurnLoop;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * One call of a plan: chunk after chunk, on the slots of one device, or of several that share it.
 */
final class RowRun {
  /** Of a device's free memory a chunk of the input takes at most this part. */
  private static final long PARTS_OF_MEMORY = 32;

  /** Of chunks that are on the device already. */
  private static final long RESIDENT_CHUNK = 4L << 30;

  private final RowRequest<?> request;
  private final List<RowSlot> slots;
  private final TransferSizes sizes;

  /**
   * Prepares a call.
   *
   * @param slots of the devices that share it; of the one that has its matrices, if one has
   */
  RowRun(RowRequest<?> request, List<RowSlot> slots, TransferSizes sizes) {
    this.request = request;
    this.slots = slots;
    this.sizes = sizes;
  }

  /**
   * Runs it.
   *
   * @param progress is told how far it has come
   */
  RowOutcome run(RunProgress progress) {
    double _ = takeKernelSeconds();
    RowOutcome outcome = RowPhases.run(request, progress, this::scanTargets, this::runRows);
    return new RowOutcome(outcome.scan(), OptionalDouble.of(takeKernelSeconds()));
  }

  /** A call that failed may have left some. */
  private double takeKernelSeconds() {
    return slots.stream().mapToDouble(RowSlot::takeKernelSeconds).sum();
  }

  private TargetScan scanTargets(RowRequest<?> rows) {
    return TargetPhase.scan(rows, targets -> new TargetScanner(rows, targets, slots.getFirst()));
  }

  private void runRows(RowRequest<?> rows, TargetScan scan, RunProgress progress) {
    RowKernels kernels = RowKernels.of(rows);
    RowCall call = new RowCall(rows, kernels.arithmetic(), scan);
    RowFolding folding = new RowFolding(rows, this::element);
    CudaContext context = slots.getFirst().device().context();
    try (CallMemory memory = new CallMemory(context, call, sizes.leastRegistered())) {
      loop(slot -> slot.begin(call, kernels, memory), folding)
          .run(rows.input(), progress, chunkBytes(call), ErrorCodes::isOutOfMemory);
    }
  }

  private ChunkLoop<RowSlot> loop(Consumer<RowSlot> begin, RowFolding folding) {
    return devices().size() > 1
        ? new QueueLoop<>(slots, begin, folding)
        : new TurnLoop<>(slots, begin, folding);
  }

  private List<OpenDevice> devices() {
    return slots.stream().map(RowSlot::device).distinct().toList();
  }

  private double element(long row, int classIndex) {
    return switch (request.input()) {
      case Matrix matrix -> matrix.get(row, classIndex);
      case CudaMatrix matrix -> matrix.get(row, classIndex, slots.getFirst());
      default -> throw new IllegalStateException("an input that is nowhere");
    };
  }

  private long chunkBytes(RowCall call) {
    if (request.input() instanceof CudaMatrix && call.targetMatrix() == null) {
      return RESIDENT_CHUNK;
    }
    long free =
        devices().stream().mapToLong(device -> device.context().freeMemory()).min().orElseThrow();
    return Math.clamp(free / PARTS_OF_MEMORY, sizes.leastChunk(), sizes.mostChunk());
  }
}
