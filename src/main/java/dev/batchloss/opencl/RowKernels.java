package dev.batchloss.opencl;

import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import java.util.List;

/** The kernels of a call of a row plan. Used by one thread at a time. */
final class RowKernels implements ChunkKernels {
  /** At least what the kernels' Totals take, and their RowScalars. */
  private static final long BYTES_OF_TOTALS = 512;

  private static final long BYTES_OF_SCALARS = 128;

  private final RowVariant variant;
  private final RowArguments arguments;
  private final List<Kernel> kernels;

  RowKernels(RowVariant variant, Program program, RowCall call) {
    this.variant = variant;
    this.arguments = new RowArguments(call);
    this.kernels =
        switch (variant.walk()) {
          case ALONG -> List.of(program.kernel("rows_along"));
          case ACROSS, TILES -> List.of(program.kernel("rows_across"));
          case SEGMENTS ->
              List.of(
                  program.kernel("reduce_segments"),
                  program.kernel("combine_segments"),
                  program.kernel("write_segments"));
        };
  }

  @Override
  public void launch(
      CommandQueue queue,
      ChunkBuffers buffers,
      RowChunk chunk,
      StagedBuffer segments,
      StagedBuffer scalars) {
    for (Kernel kernel : kernels) {
      arguments.setOn(kernel, buffers, chunk);
    }
    if (variant.walk() == RowVariant.Walk.SEGMENTS) {
      launchSegments(queue, buffers, chunk, segments, scalars);
      return;
    }
    Kernel kernel = kernels.getFirst();
    if (variant.localBytes() > 0) {
      kernel.setLocal(RowArguments.COUNT, variant.localBytes());
    }
    queue.launch(
        kernel,
        new long[] {variant.groupsFor(chunk.rows()) * variant.group()},
        new long[] {variant.group()});
  }

  @Override
  public void close() {
    kernels.forEach(Kernel::close);
  }

  private void launchSegments(
      CommandQueue queue,
      ChunkBuffers buffers,
      RowChunk chunk,
      StagedBuffer segments,
      StagedBuffer scalars) {
    long rows = chunk.rows();
    long count = Math.ceilDiv(arguments.call().request().input().classes(), RowVariant.SEGMENT);
    segments.reserve(rows * count * BYTES_OF_TOTALS);
    scalars.reserve(rows * BYTES_OF_SCALARS);
    Kernel reduce = kernels.get(0);
    Kernel combine = kernels.get(1);
    Kernel write = kernels.get(2);
    reduce.set(RowArguments.COUNT, segments.buffer());
    combine.set(RowArguments.COUNT, segments.buffer());
    combine.set(RowArguments.COUNT + 1, scalars.buffer());
    write.set(RowArguments.COUNT, scalars.buffer());
    long[] group = {variant.group(), 1};
    queue.launch(reduce, new long[] {count * variant.group(), rows}, group);
    queue.launch(combine, new long[] {rows}, new long[] {1});
    if (buffers.output() != null) {
      queue.launch(write, new long[] {count * variant.group(), rows}, group);
    }
  }
}
