package dev.batchloss.opencl;

import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import org.jspecify.annotations.Nullable;

/** The kernels of a call that compares two matrices. Used by one thread at a time. */
final class ComparisonKernels implements ChunkKernels {
  /** At least what a Partial of the kernels takes. */
  private static final long BYTES_OF_PARTIAL = 32;

  private final RowCall call;
  private final ComparisonArguments arguments;
  private final boolean isOfElements;
  private final boolean hasGroups;
  private final Kernel compare;
  private final @Nullable Kernel combine;

  ComparisonKernels(ComparisonProgram program, Program compiled, RowCall call) {
    this.call = call;
    this.arguments = new ComparisonArguments(call);
    this.isOfElements = program.source().equals(ComparisonProgram.ELEMENTS);
    this.hasGroups = program.items() > 1;
    this.compare = compiled.kernel(isOfElements ? "compare_elements" : "compare_pairs");
    this.combine = segments() > 1 ? compiled.kernel("combine_elements") : null;
  }

  @Override
  public void launch(
      CommandQueue queue,
      ChunkBuffers buffers,
      RowChunk chunk,
      StagedBuffer segments,
      StagedBuffer scalars) {
    int own = arguments.setOn(compare, buffers, chunk);
    long rows = chunk.rows();
    if (isOfElements) {
      if (combine != null) {
        segments.reserve(rows * segments() * BYTES_OF_PARTIAL);
      }
      compare.set(own, combine == null ? null : segments.buffer());
    }
    long[] group = {ComparisonProgram.GROUP};
    long[] itemsOfRows = {Math.ceilDiv(rows, group[0]) * group[0]};
    if (!hasGroups) {
      queue.launch(compare, itemsOfRows, group);
    } else if (isOfElements) {
      queue.launch(compare, new long[] {segments() * group[0], rows}, new long[] {group[0], 1});
    } else {
      queue.launch(compare, new long[] {rows * group[0]}, group);
    }
    if (combine != null) {
      combine.set(0, segments.buffer());
      combine.set(1, buffers.columns());
      combine.set(2, Math.toIntExact(segments()));
      combine.set(3, rows);
      arguments.setColumns(combine, 4);
      queue.launch(combine, itemsOfRows, group);
    }
  }

  @Override
  public void close() {
    compare.close();
    if (combine != null) {
      combine.close();
    }
  }

  /** How many segments a row has that groups share. */
  private long segments() {
    return isOfElements && hasGroups
        ? Math.ceilDiv((long) call.request().input().classes(), ComparisonProgram.SEGMENT)
        : 1;
  }
}
