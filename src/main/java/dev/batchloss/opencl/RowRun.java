package dev.batchloss.opencl;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
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
import org.jspecify.annotations.Nullable;

/** One call: chunk after chunk, on two slots in turn. */
final class RowRun {
  /** Of chunks that are copied to the device: enough that starting one costs little beside it. */
  private static final long STAGED_CHUNK = 32L << 20;

  /** Less is not worth starting a kernel for. */
  private static final long LEAST_CHUNK = 1L << 20;

  /** Of chunks that stay where they are. */
  private static final long SHARED_CHUNK = 256L << 20;

  /**
   * Of the device's memory a chunk takes at most this part: pairs, operands and others need some.
   */
  private static final long PARTS_OF_MEMORY = 64;

  private final OpenDevice device;
  private final KernelFamily family;
  private final RowRequest<?> request;
  private final List<RowSlot> slots;

  RowRun(OpenDevice device, KernelFamily family, RowRequest<?> request, List<RowSlot> slots) {
    this.device = device;
    this.family = family;
    this.request = request;
    this.slots = slots;
  }

  /** Runs it. */
  RowOutcome run(RunProgress progress) {
    return RowPhases.run(request, progress, this::scanTargets, this::runRows);
  }

  private TargetScan scanTargets(RowRequest<?> rows) {
    if (family == KernelFamily.CPU) {
      // The same processors would look at them, but for the commands it takes to ask for that.
      MatrixShape input = rows.input();
      return TargetScan.of(rows.plan(), input.rows(), input.classes(), rows.targets());
    }
    return TargetPhase.scan(
        rows, targets -> new TargetScanner(rows, targets, slots.getFirst(), device.programs()));
  }

  private void runRows(RowRequest<?> rows, TargetScan scan, RunProgress progress) {
    CallProgram program = CallProgram.of(rows, device.context().description(), family);
    Program compiled = device.programs().get(program.sources(), program.options());
    RowCall call = new RowCall(rows, program.arithmetic(), scan);
    RowFolding folding = new RowFolding(rows, this::element);
    new TurnLoop<>(slots, slot -> slot.begin(call, program, compiled), folding)
        .run(rows.input(), progress, chunkBytes(call), ErrorCodes::isOutOfMemory);
  }

  private double element(long row, int classIndex) {
    return switch (request.input()) {
      case Matrix matrix -> matrix.get(row, classIndex);
      case OpenClMatrix matrix -> matrix.get(row, classIndex, slots.getFirst().queue());
      default -> throw new IllegalStateException("an input that is nowhere");
    };
  }

  private long chunkBytes(RowCall call) {
    DeviceDescription limits = device.context().description();
    if (isShared(request.input()) && isShared(request.output()) && isShared(call.targetMatrix())) {
      return SHARED_CHUNK;
    }
    long fits = Math.min(limits.maxAllocation(), limits.globalMemory() / PARTS_OF_MEMORY);
    return Math.clamp(fits, LEAST_CHUNK, STAGED_CHUNK);
  }

  private boolean isShared(@Nullable MatrixShape matrix) {
    return !(matrix instanceof Matrix host)
        || MatrixTransfer.isShared(device.context().description(), host);
  }
}
