package dev.batchloss.opencl;

import dev.batchloss.device.ElementWeights;
import org.jspecify.annotations.Nullable;

/**
 * The buffers of a chunk; those that its kernels do without are null.
 *
 * @param input the logits, or what else the loss takes
 * @param output the matrix that is written
 * @param columns what comes back for each row
 * @param targets class targets
 * @param targetMatrix distributions, or the values of a comparison
 * @param rowFactors what multiplies the output of each row
 * @param classWeights class weights, or positive weights
 * @param elementWeights one weight an element
 */
record ChunkBuffers(
    Place input,
    @Nullable Place output,
    DeviceBuffer columns,
    @Nullable DeviceBuffer targets,
    @Nullable DeviceBuffer targetMatrix,
    @Nullable DeviceBuffer rowFactors,
    @Nullable DeviceBuffer classWeights,
    @Nullable Weights elementWeights) {

  /** Where a chunk begins in a buffer: the offset is in elements. */
  record Place(DeviceBuffer buffer, long offset) {}

  /** Element weights, and how they lie in their buffer. */
  record Weights(DeviceBuffer buffer, ElementWeights layout) {}

  /** Returns the buffer that is written, or null. */
  @Nullable DeviceBuffer outputBuffer() {
    return output == null ? null : output.buffer;
  }

  /** Returns where in it the chunk begins. */
  long outputOffset() {
    return output == null ? 0 : output.offset;
  }
}
