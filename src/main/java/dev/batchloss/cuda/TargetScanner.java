package dev.batchloss.cuda;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.device.TargetPhase;
import dev.batchloss.spi.RowRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks at the class targets of a call with a kernel. Used by one thread at a time. */
final class TargetScanner implements TargetPhase.Scanner {
  /** The PTX file of the kernels that read no rows. */
  static final String MODULE = "targets";

  private static final int BLOCK = 64;
  private static final int MOST_BLOCKS = 64;

  private final RowRequest<?> request;
  private final ClassTargets targets;
  private final RowSlot slot;
  private final KernelFunction kernel;
  private final String name;

  /**
   * Finds the kernel.
   *
   * @param slot one that no chunk is on
   */
  TargetScanner(RowRequest<?> request, ClassTargets targets, RowSlot slot) {
    this.request = request;
    this.targets = targets;
    this.slot = slot;
    this.name = targets.indexBytes() == Long.BYTES ? "scan_targets_long" : "scan_targets_int";
    this.kernel = slot.device().module(MODULE).function(name);
  }

  @Override
  public long[] scan(long firstRow, long rows) {
    int blocks = (int) Math.min(MOST_BLOCKS, Math.ceilDiv(rows, (long) BLOCK));
    RowLaunch launch = new RowLaunch(name, blocks, 1, BLOCK, 0);
    long bytes = rows * targets.indexBytes();
    long foundBytes = (long) blocks * BLOCK * TargetPhase.NUMBERS_PER_ITEM * Long.BYTES;
    Long ignoredClass = request.plan().ignoredClass();
    Stream stream = slot.stream();
    MemorySegment host = slot.targets().host(bytes);
    MemorySegment.copy(targets.indices(), firstRow * targets.indexBytes(), host, 0, bytes);
    DeviceBuffer indices = slot.targets().device(bytes);
    DeviceBuffer found = slot.found().device(foundBytes);
    MemorySegment result = slot.found().host(foundBytes);
    try (Arena arena = Arena.ofConfined()) {
      stream.copyIn(indices, 0, host);
      stream.launch(
          kernel,
          launch,
          of(arena, indices.address()),
          of(arena, rows),
          of(arena, request.input().classes()),
          of(arena, ignoredClass == null ? 0 : 1),
          of(arena, ignoredClass == null ? 0L : ignoredClass),
          of(arena, found.address()));
      stream.copyOut(found, 0, result);
      stream.synchronize("running " + launch.describe(MODULE));
    }
    return result.toArray(ValueLayout.JAVA_LONG);
  }

  /** The kernel is its module's. */
  @Override
  public void close() {}

  private static HostPointer of(Arena arena, long value) {
    return new HostPointer(arena.allocateFrom(ValueLayout.JAVA_LONG, value));
  }

  private static HostPointer of(Arena arena, int value) {
    return new HostPointer(arena.allocateFrom(ValueLayout.JAVA_INT, value));
  }
}
