package dev.batchloss.cuda;

import dev.batchloss.data.ElementType;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.spi.RowRequest;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Which kernels take the rows of a call, and in which shape; a function of the call, and of the
 * device where that changes no bit.
 */
sealed interface RowKernels permits RowProgram, ComparisonProgram {
  /** Derives those of a call. */
  static RowKernels of(RowRequest<?> request) {
    return switch (request.plan()) {
      case RowPlan _ -> RowProgram.of(request);
      case ComparisonPlan plan -> ComparisonProgram.of(plan, request);
    };
  }

  /** Returns the PTX file. */
  String module();

  /** Returns FLOAT32 or FLOAT64: what they compute in, and what the columns are. */
  ElementType arithmetic();

  /** Returns how many threads of a warp share a row where a block takes several. */
  int lanes();

  /**
   * Returns the launches for some rows, in their order.
   *
   * @param rows the rows of the chunk; at least one
   * @param multiprocessors the device's
   * @param dynamicShared how much shared memory a launch of the kernel of a name may ask for
   */
  List<RowLaunch> launches(int rows, int multiprocessors, ToIntFunction<String> dynamicShared);
}
