package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.RowRequest;

/**
 * The arguments that every row kernel takes, in the order of ROW_ARGUMENTS in rows.cl.
 *
 * @param call the call
 */
record RowArguments(RowCall call) {
  /** How many there are: the place of the first argument of a kernel's own. */
  static final int COUNT = 27;

  /** Sets them. */
  void setOn(Kernel kernel, ChunkBuffers buffers, RowChunk chunk) {
    RowRequest<?> request = call.request();
    int at = 0;
    kernel.set(at++, buffers.input().buffer());
    kernel.set(at++, buffers.outputBuffer());
    kernel.set(at++, buffers.columns());
    kernel.set(at++, buffers.targets());
    kernel.set(at++, buffers.targetMatrix());
    kernel.set(at++, buffers.rowFactors());
    kernel.set(at++, buffers.classWeights());
    kernel.set(at++, buffers.input().offset());
    kernel.set(at++, buffers.outputOffset());
    kernel.set(at++, request.input().classes());
    kernel.set(at++, chunk.inner());
    kernel.set(at++, innerStride(chunk));
    kernel.set(at++, (long) chunk.rows());
    kernel.set(at++, request.readsIgnoredRows() ? 1 : 0);
    for (double number : call.numbers()) {
      if (call.arithmetic() == ElementType.FLOAT64) {
        kernel.set(at++, number);
      } else {
        kernel.set(at++, (float) number);
      }
    }
    if (at != COUNT) {
      throw new IllegalStateException("%d arguments, must be %d".formatted(at, COUNT));
    }
  }

  /** A matrix of the device is used where it lies, one of the host is packed chunk by chunk. */
  private long innerStride(RowChunk chunk) {
    return call.request().input() instanceof DeviceMatrix whole ? whole.inner() : chunk.inner();
  }
}
