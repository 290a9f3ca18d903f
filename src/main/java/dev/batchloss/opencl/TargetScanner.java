package dev.batchloss.opencl;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.device.TargetPhase;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Looks at the class targets of a call with a kernel. Used by one thread at a time. */
final class TargetScanner implements TargetPhase.Scanner {
  private static final int GROUP = 64;
  private static final int GROUPS = 64;

  private final ClassTargets targets;
  private final RowSlot slot;
  private final Kernel kernel;

  /**
   * Compiles the kernel.
   *
   * @param slot one that no chunk is on
   */
  TargetScanner(RowRequest<?> request, ClassTargets targets, RowSlot slot, ProgramCache programs) {
    this.targets = targets;
    this.slot = slot;
    String type = targets.indexBytes() == Long.BYTES ? "long" : "int";
    Program program = programs.get(List.of("targets"), "-cl-std=CL1.2 -D TARGET_INDEX=" + type);
    this.kernel = program.kernel("scan_targets");
    Long ignoredClass = request.plan().ignoredClass();
    kernel.set(2, request.input().classes());
    kernel.set(3, ignoredClass == null ? 0 : 1);
    kernel.set(4, ignoredClass == null ? 0L : ignoredClass);
  }

  @Override
  public long[] scan(long firstRow, long rows) {
    long bytes = rows * targets.indexBytes();
    long groups = Math.min(GROUPS, Math.ceilDiv(rows, (long) GROUP));
    long foundBytes = groups * GROUP * TargetPhase.NUMBERS_PER_ITEM * Long.BYTES;
    CommandQueue queue = slot.queue();
    StagedBuffer indices = slot.targets();
    indices.reserve(bytes);
    MemorySegment to = indices.beginWrite(bytes);
    MemorySegment.copy(targets.indices(), firstRow * targets.indexBytes(), to, 0, bytes);
    indices.endWrite(bytes);
    StagedBuffer found = slot.found();
    found.reserve(foundBytes);
    kernel.set(0, indices.buffer());
    kernel.set(1, rows);
    kernel.set(5, found.buffer());
    queue.launch(kernel, new long[] {groups * GROUP}, new long[] {GROUP});
    indices.ready();
    found.beginRead(foundBytes);
    queue.finish();
    long[] result = found.host(foundBytes).toArray(ValueLayout.JAVA_LONG);
    found.endRead();
    return result;
  }

  @Override
  public void close() {
    kernel.close();
  }
}
