package dev.batchloss.opencl;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.device.RowChunks;
import dev.batchloss.device.RowColumns;
import dev.batchloss.device.RowFolding;
import dev.batchloss.device.RowLayout;
import dev.batchloss.device.RunProgress;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import org.jspecify.annotations.Nullable;

/** One call of a row plan: chunk after chunk, on two slots in turn. */
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
  private final SlotPool.Pair slots;
  private final RunProgress progress;

  RowRun(
      OpenDevice device,
      KernelFamily family,
      RowRequest<?> request,
      SlotPool.Pair slots,
      RunProgress progress) {
    this.device = device;
    this.family = family;
    this.request = request;
    this.slots = slots;
    this.progress = progress;
  }

  /** Runs it. */
  RowOutcome run() {
    TargetScan scan =
        request.scanOr(() -> TargetPhase.scan(request, slots.first(), device.programs()));
    progress.scanned(scan);
    if (request.rowsToDo() > 0) {
      if (request.inPlace()) {
        requireBeforeOverwriting(scan);
      }
      runRows(request, scan, progress);
    }
    return new RowOutcome(scan);
  }

  private void runRows(RowRequest<?> rows, TargetScan scan, RunProgress rowsDone) {
    RowLayout layout = RowLayout.of(rows.input());
    RowProgram program = RowProgram.of(rows, layout, device.context().description(), family);
    Program compiled = device.programs().get(program.sources(), program.options());
    RowFolding folding = new RowFolding(rows, this::element);
    runChunks(new RowCall(rows, program, scan), compiled, folding, rowsDone);
  }

  /** What is written over the input must not be written before all of it has been checked. */
  private void requireBeforeOverwriting(TargetScan scan) {
    if (request.input() instanceof Matrix input) {
      ProbabilityCheck.requireBeforeOverwriting(
          request.plan(), input, request.targets(), request.firstRow());
    } else if (RowColumns.of(request).hasChecks()) {
      runRows(request.withoutOutput(), scan, new RunProgress(request));
    }
  }

  private double element(long row, int classIndex) {
    return switch (request.input()) {
      case Matrix matrix -> matrix.get(row, classIndex);
      case OpenClMatrix matrix -> matrix.get(row, classIndex, slots.first().queue());
      default -> throw new IllegalStateException("an input that is nowhere");
    };
  }

  /** Where memory runs out, the rest is tried in smaller chunks. */
  private void runChunks(RowCall call, Program compiled, RowFolding folding, RunProgress rowsDone) {
    long mostBytes = chunkBytes();
    while (true) {
      RowChunks chunks = RowChunks.of(call.request.input(), rowsDone.firstRow(), mostBytes);
      try {
        runChunks(chunks, call, compiled, folding, rowsDone);
        return;
      } catch (DeviceException e) {
        if (!ErrorCodes.isOutOfMemory(e.code()) || chunks.mostRows() <= 1) {
          throw e;
        }
        mostBytes = Math.min(mostBytes, chunks.mostRows() * bytesOfRow()) / 2;
      }
    }
  }

  private void runChunks(
      RowChunks chunks, RowCall call, Program compiled, RowFolding folding, RunProgress rowsDone) {
    try {
      slots.first().begin(call, compiled);
      if (chunks.count() > 1) {
        slots.second().begin(call, compiled);
      }
      for (long number = 0; number < chunks.count(); number++) {
        RowSlot slot = slots.at(number);
        if (slot.isBusy()) {
          slot.collect(folding, rowsDone);
        }
        slot.start(chunks.at(number));
      }
      for (long turn = chunks.count(); turn < chunks.count() + 2; turn++) {
        if (slots.at(turn).isBusy()) {
          slots.at(turn).collect(folding, rowsDone);
        }
      }
    } finally {
      endBoth();
    }
  }

  private void endBoth() {
    try {
      slots.first().end();
    } finally {
      slots.second().end();
    }
  }

  private long bytesOfRow() {
    return (long) request.input().classes() * request.input().type().bytes();
  }

  private long chunkBytes() {
    DeviceDescription limits = device.context().description();
    if (isShared(request.input())
        && isShared(request.output())
        && (!(request.targets() instanceof ProbabilityTargets soft)
            || isShared(soft.probabilities()))) {
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
