package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowChunk;
import dev.batchloss.plan.InputTransform;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowObjective;
import dev.batchloss.spi.DeviceMatrix;
import dev.batchloss.spi.RowRequest;
import org.jspecify.annotations.Nullable;

/**
 * The arguments that every row kernel takes, in the order of ROW_ARGUMENTS in rows.cl.
 *
 * @param request the call
 * @param arithmetic what the kernels compute in
 * @param gradientScale multiplies every gradient that has no factor of its own
 */
record RowArguments(RowRequest<?> request, ElementType arithmetic, double gradientScale) {
  /** How many there are: the place of the first argument of a kernel's own. */
  static final int COUNT = 27;

  /** Where a chunk begins in a buffer: the offset is in elements. */
  record Place(DeviceBuffer buffer, long offset) {}

  /** The buffers of a chunk; those that the kernels were compiled without are null. */
  record Buffers(
      Place input,
      @Nullable Place output,
      DeviceBuffer columns,
      @Nullable DeviceBuffer targets,
      @Nullable DeviceBuffer distributions,
      @Nullable DeviceBuffer rowFactors,
      @Nullable DeviceBuffer classWeights) {}

  /** Sets them. */
  void setOn(Kernel kernel, Buffers buffers, RowChunk chunk) {
    int at = 0;
    kernel.set(at++, buffers.input.buffer);
    kernel.set(at++, buffers.output == null ? null : buffers.output.buffer);
    kernel.set(at++, buffers.columns);
    kernel.set(at++, buffers.targets);
    kernel.set(at++, buffers.distributions);
    kernel.set(at++, buffers.rowFactors);
    kernel.set(at++, buffers.classWeights);
    kernel.set(at++, buffers.input.offset);
    kernel.set(at++, buffers.output == null ? 0 : buffers.output.offset);
    kernel.set(at++, request.input().classes());
    kernel.set(at++, chunk.inner());
    kernel.set(at++, innerStride(chunk));
    kernel.set(at++, (long) chunk.rows());
    kernel.set(at++, request.readsIgnoredRows() ? 1 : 0);
    for (double number : numbers()) {
      if (arithmetic == ElementType.FLOAT64) {
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
    return request.input() instanceof DeviceMatrix whole ? whole.inner() : chunk.inner();
  }

  private double[] numbers() {
    InputTransform transform = request.plan().input();
    RowObjective objective = request.plan().objective();
    RowEpilogue epilogue =
        new RowEpilogue(
            request.plan(),
            request.targetKind(),
            request.needs(),
            request.input().classes(),
            gradientScale,
            null);
    boolean isCapped = transform.hasSoftcap();
    return new double[] {
      isCapped ? 1 : transform.logitScale(),
      transform.logitScale(),
      isCapped ? transform.softcap() : 1,
      isCapped ? transform.logitScale() / transform.softcap() : 1,
      transform.clipLow(),
      transform.clipHigh(),
      epilogue.targetShare(),
      epilogue.smoothingShare(),
      epilogue.classWeightSum(),
      objective.zLoss(),
      objective.entropy(),
      objective.focusing(),
      gradientScale
    };
  }
}
