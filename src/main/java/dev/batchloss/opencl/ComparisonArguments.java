package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.device.ElementWeights;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowColumn;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.spi.DeviceMatrix;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the kernels that compare two matrices: those in the order of
 * COMPARISON_ARGUMENTS in comparison.cl, and then the numbers of the plan.
 *
 * @param call the call
 */
record ComparisonArguments(RowCall call) {
  /** How many there are before the numbers. */
  static final int COUNT = 24;

  /** Those of the columns, in the order in which every kernel takes their places. */
  static final List<RowColumn> COLUMNS =
      List.of(RowColumn.LOSS, RowColumn.MATCHES, RowColumn.BAD_CLASS, RowColumn.BAD_TARGET_CLASS);

  /** Sets them; returns the place of the first argument of a kernel's own. */
  int setOn(Kernel kernel, ChunkBuffers buffers, RowChunk chunk) {
    MatrixShape input = call.request().input();
    ChunkBuffers.Weights weights = buffers.elementWeights();
    ElementWeights layout = weights == null ? null : weights.layout();
    Matrix values = Objects.requireNonNull(call.targetMatrix());
    int at = 0;
    kernel.set(at++, buffers.input().buffer());
    kernel.set(at++, buffers.targetMatrix());
    kernel.set(at++, buffers.outputBuffer());
    kernel.set(at++, buffers.columns());
    kernel.set(at++, buffers.rowFactors());
    kernel.set(at++, weights == null ? null : weights.buffer());
    kernel.set(at++, buffers.classWeights());
    kernel.set(at++, codeOf(input.type()));
    kernel.set(at++, codeOf(values.type()));
    kernel.set(at++, codeOf(call.request().output()));
    kernel.set(at++, buffers.input().offset());
    kernel.set(at++, buffers.outputOffset());
    kernel.set(at++, layout == null ? 0L : layout.outerStride());
    kernel.set(at++, layout == null ? 0L : layout.classStride());
    kernel.set(at++, layout == null ? 0L : layout.innerStride());
    kernel.set(at++, input.classes());
    kernel.set(at++, chunk.inner());
    // A matrix of the device is used where it lies, one of the host is packed chunk by chunk.
    kernel.set(at++, input instanceof DeviceMatrix whole ? whole.inner() : chunk.inner());
    kernel.set(at++, (long) chunk.rows());
    kernel.set(at++, codeOf(call.request().outputKind()));
    at = setColumns(kernel, at);
    if (at != COUNT) {
      throw new IllegalStateException("%d arguments, must be %d".formatted(at, COUNT));
    }
    for (double number : call.numbers()) {
      if (call.arithmetic() == ElementType.FLOAT64) {
        kernel.set(at++, number);
      } else {
        kernel.set(at++, (float) number);
      }
    }
    return at;
  }

  /** Sets the places of the columns from the argument {@code at} on; returns the next. */
  int setColumns(Kernel kernel, int at) {
    int next = at;
    for (RowColumn column : COLUMNS) {
      kernel.set(next++, call.columns().indexOf(column));
    }
    return next;
  }

  private static int codeOf(@Nullable MatrixShape output) {
    return output == null ? 0 : codeOf(output.type());
  }

  private static int codeOf(ElementType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT64 -> 1;
      case FLOAT16 -> 2;
      case BFLOAT16 -> 3;
    };
  }

  private static int codeOf(MatrixOutput kind) {
    return switch (kind) {
      case NONE -> 0;
      case GRADIENT -> 1;
      case ELEMENT_LOSS -> 2;
      case LOG_SOFTMAX, SOFTMAX ->
          throw new IllegalStateException("a comparison does not write " + kind);
    };
  }
}
