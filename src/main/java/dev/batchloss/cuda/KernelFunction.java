package dev.batchloss.cuda;

import java.util.function.ToIntFunction;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** A kernel, which lives as long as its module. Thread-safe. */
final class KernelFunction {
  private final CudaContext context;
  private final KernelModule module;
  private final String name;
  private final CUfunction function;
  private int dynamicShared = -1;

  KernelFunction(CudaContext context, KernelModule module, String name, CUfunction function) {
    this.context = context;
    this.module = module;
    this.name = name;
    this.function = function;
  }

  /** Returns the name of its module. */
  String module() {
    return module.name();
  }

  /**
   * Uses the function.
   *
   * @throws IllegalStateException if the module is closed
   */
  int with(ToIntFunction<CUfunction> use) {
    return module.with(_ -> use.applyAsInt(function));
  }

  /**
   * Returns how many bytes of shared memory a launch may ask for beside the kernel's own, and has
   * the driver allow it.
   *
   * @throws dev.batchloss.data.DeviceException if the device fails
   */
  synchronized int dynamicShared() {
    if (dynamicShared < 0) {
      int[] own = new int[1];
      call(
          used ->
              JCudaDriver.cuFuncGetAttribute(
                  own, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, used));
      int rest = Math.max(0, context.device().sharedBytes() - own[0]);
      call(
          used ->
              JCudaDriver.cuFuncSetAttribute(
                  used,
                  CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                  rest));
      dynamicShared = rest;
    }
    return dynamicShared;
  }

  private void call(ToIntFunction<CUfunction> attribute) {
    context.call("asking for the shared memory of kernel " + name, () -> with(attribute));
  }
}
