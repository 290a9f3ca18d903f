package dev.batchloss.opencl;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Phase 0: the device looks at every class target before a row is read. Weights are summed by the
 * host, exactly.
 */
final class TargetPhase {
  /** Rows of a piece of the targets. */
  private static final long PIECE = 1 << 22;

  private static final int GROUP = 64;
  private static final int GROUPS = 64;
  private static final int NUMBERS_PER_ITEM = 3;

  private TargetPhase() {}

  /**
   * Checks and counts the targets of a call.
   *
   * @throws InvalidTargetException if one is out of range
   * @throws dev.batchloss.data.InvalidDataException if a sample weight is not finite
   */
  static TargetScan scan(RowRequest<?> request, RowSlot slot, ProgramCache programs) {
    RowPlan plan = request.plan();
    MatrixShape input = request.input();
    if (!(request.targets() instanceof ClassTargets targets) || input.rows() == 0) {
      return TargetScan.of(plan, input.rows(), input.classes(), request.targets());
    }
    long counted = count(plan, input.classes(), targets, slot, programs);
    if (targets.sampleWeights() != null || plan.objective().classWeights() != null) {
      return TargetScan.of(plan, input.rows(), input.classes(), targets);
    }
    ExactSum ones = new ExactSum();
    ones.add((double) counted);
    return new TargetScan(input.rows(), counted, ones);
  }

  private static long count(
      RowPlan plan, int classes, ClassTargets targets, RowSlot slot, ProgramCache programs) {
    String type = targets.indexBytes() == Long.BYTES ? "long" : "int";
    Program program = programs.get(List.of("targets"), "-cl-std=CL1.2 -D TARGET_INDEX=" + type);
    long rows = targets.rows();
    long counted = 0;
    long bad = 0;
    long firstBad = rows;
    try (Kernel kernel = program.kernel("scan_targets")) {
      for (long from = 0; from < rows; from += PIECE) {
        long[] found = scanPiece(kernel, plan, classes, targets, from, slot);
        for (int i = 0; i < found.length; i += NUMBERS_PER_ITEM) {
          if (found[i + 1] > 0) {
            firstBad = Math.min(firstBad, from + found[i]);
          }
          bad += found[i + 1];
          counted += found[i + 2];
        }
      }
    }
    if (bad > 0) {
      throw new InvalidTargetException(firstBad, targets.at(firstBad), bad, classes);
    }
    return counted;
  }

  private static long[] scanPiece(
      Kernel kernel, RowPlan plan, int classes, ClassTargets targets, long from, RowSlot slot) {
    long rows = Math.min(PIECE, targets.rows() - from);
    long bytes = rows * targets.indexBytes();
    long groups = Math.min(GROUPS, Math.ceilDiv(rows, (long) GROUP));
    int numbers = (int) groups * GROUP * NUMBERS_PER_ITEM;
    long foundBytes = (long) numbers * Long.BYTES;
    CommandQueue queue = slot.queue();
    StagedBuffer indices = slot.targets();
    indices.reserve(bytes);
    MemorySegment to = indices.beginWrite(bytes);
    MemorySegment.copy(targets.indices(), from * targets.indexBytes(), to, 0, bytes);
    indices.endWrite(bytes);
    StagedBuffer found = slot.found();
    found.reserve(foundBytes);
    kernel.set(0, indices.buffer());
    kernel.set(1, rows);
    kernel.set(2, classes);
    kernel.set(3, plan.ignoredClass() == null ? 0 : 1);
    kernel.set(4, plan.ignoredClass() == null ? 0L : plan.ignoredClass());
    kernel.set(5, found.buffer());
    queue.launch(kernel, new long[] {groups * GROUP}, new long[] {GROUP});
    indices.ready();
    found.beginRead(foundBytes);
    queue.finish();
    long[] result = found.host(foundBytes).toArray(ValueLayout.JAVA_LONG);
    found.endRead();
    return result;
  }
}
