package dev.batchloss.opencl;

import dev.batchloss.device.RowChunk;

/** The kernels of a call, with arguments of their own. Used by one thread at a time. */
interface ChunkKernels extends AutoCloseable {
  /**
   * Enqueues the work on a chunk.
   *
   * @param segments memory for what the segments of split rows come to
   * @param scalars memory for what their gradients are made of
   */
  void launch(
      CommandQueue queue,
      ChunkBuffers buffers,
      RowChunk chunk,
      StagedBuffer segments,
      StagedBuffer scalars);

  @Override
  void close();
}
