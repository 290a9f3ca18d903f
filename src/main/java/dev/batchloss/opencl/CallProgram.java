package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowLayout;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.spi.RowRequest;
import java.util.List;

/** What is compiled for a call: a function of the call, the device and the kernel family. */
interface CallProgram {
  /**
   * Derives the program of a call.
   *
   * @throws dev.batchloss.data.BackendUnavailableException if the call needs doubles and the device
   *     has none
   */
  static CallProgram of(RowRequest<?> request, DeviceDescription device, KernelFamily family) {
    RowLayout layout = RowLayout.of(request.input());
    return switch (request.plan()) {
      case RowPlan _ -> RowProgram.of(request, layout, device, family);
      case ComparisonPlan plan -> ComparisonProgram.of(plan, request, layout, device);
    };
  }

  /** Returns FLOAT32 or FLOAT64: what the kernels compute in, and what the columns are. */
  ElementType arithmetic();

  /** Returns the names of the sources, in their order. */
  List<String> sources();

  /** Returns the compiler's options. */
  String options();

  /**
   * Makes the kernels of a call.
   *
   * @param compiled what the sources and options were compiled to
   */
  ChunkKernels kernels(Program compiled, RowCall call);
}
