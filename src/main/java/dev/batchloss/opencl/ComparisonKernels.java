package dev.batchloss.opencl;

import static dev.batchloss.opencl.ComparisonProgram.GROUP;

import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairPlan;
import org.jspecify.annotations.Nullable;

/** The kernels of a call that compares two matrices. Used by one thread at a time. */
final class ComparisonKernels implements ChunkKernels {
  /** At least what a Partial of elements.cl takes. */
  private static final long BYTES_OF_PARTIAL = 32;

  /** How many numbers pairs.cl keeps of a row from pass to pass. */
  private static final long NUMBERS_KEPT = 8;

  /** The last pass of pairs.cl over both rows. */
  private static final int COMPARE = 2;

  private final RowCall call;
  private final ComparisonArguments arguments;
  private final boolean hasGroups;
  private final Kernel compare;

  /** What puts segments of elements together, or writes the gradient of pairs; may be null. */
  private final @Nullable Kernel second;

  ComparisonKernels(ComparisonProgram program, Program compiled, RowCall call) {
    this.call = call;
    this.arguments = new ComparisonArguments(call);
    this.hasGroups = program.items() > 1;
    if (isOfElements()) {
      this.compare = compiled.kernel("compare_elements");
      this.second = segments() > 1 ? compiled.kernel("combine_elements") : null;
    } else {
      this.compare = compiled.kernel("compare_pairs");
      boolean writes = call.request().outputKind() != MatrixOutput.NONE;
      this.second = writes ? compiled.kernel("write_pairs") : null;
    }
  }

  @Override
  public void launch(
      CommandQueue queue,
      ChunkBuffers buffers,
      RowChunk chunk,
      StagedBuffer segments,
      StagedBuffer scalars) {
    int own = arguments.setOn(compare, buffers, chunk);
    if (isOfElements()) {
      launchElements(queue, own, buffers, chunk.rows(), segments);
    } else {
      launchPairs(queue, own, buffers, chunk, scalars);
    }
  }

  @Override
  public void close() {
    compare.close();
    if (second != null) {
      second.close();
    }
  }

  private void launchElements(
      CommandQueue queue, int own, ChunkBuffers buffers, long rows, StagedBuffer partials) {
    if (second == null) {
      compare.set(own, (DeviceBuffer) null);
    } else {
      partials.reserve(rows * segments() * BYTES_OF_PARTIAL);
      compare.set(own, partials.buffer());
    }
    launchOverElements(queue, compare, rows);
    if (second != null) {
      second.set(0, partials.buffer());
      second.set(1, buffers.columns());
      second.set(2, Math.toIntExact(segments()));
      second.set(3, rows);
      arguments.setColumns(second, 4);
      launchOverRows(queue, second, rows);
    }
  }

  private void launchPairs(
      CommandQueue queue, int own, ChunkBuffers buffers, RowChunk chunk, StagedBuffer kept) {
    long rows = chunk.rows();
    kept.reserve(rows * NUMBERS_KEPT * call.arithmetic().bytes());
    compare.set(own, kept.buffer());
    for (int pass = firstPass(); pass <= COMPARE; pass++) {
      compare.set(own + 1, pass);
      if (hasGroups) {
        queue.launch(compare, new long[] {rows * GROUP}, new long[] {GROUP});
      } else {
        launchOverRows(queue, compare, rows);
      }
    }
    if (second != null) {
      int _ = arguments.setOn(second, buffers, chunk);
      second.set(own, kept.buffer());
      launchOverElements(queue, second, rows);
    }
  }

  /** An item a row, or a group a segment. */
  private void launchOverElements(CommandQueue queue, Kernel kernel, long rows) {
    if (hasGroups) {
      queue.launch(kernel, new long[] {segments() * GROUP, rows}, new long[] {GROUP, 1});
    } else {
      launchOverRows(queue, kernel, rows);
    }
  }

  private static void launchOverRows(CommandQueue queue, Kernel kernel, long rows) {
    long groups = Math.ceilDiv(rows, (long) GROUP);
    queue.launch(kernel, new long[] {groups * GROUP}, new long[] {GROUP});
  }

  /** Distributions have a softmax, for which two passes come before. */
  private int firstPass() {
    return call.request().plan() instanceof PairPlan pair && pair.function().isOfDistributions()
        ? 0
        : COMPARE;
  }

  private boolean isOfElements() {
    return call.request().plan() instanceof ElementPlan;
  }

  /** How many segments a row has that groups share. */
  private long segments() {
    return hasGroups
        ? Math.ceilDiv((long) call.request().input().classes(), ComparisonProgram.SEGMENT)
        : 1;
  }
}
