package dev.batchloss.conformance;

import org.junit.jupiter.api.Tag;

/** The suite on an OpenCL device, with the kernels for GPUs. */
@Tag("kernelFamily")
class OpenClGpuKernelsConformanceTest extends RowConformanceSuite {
  OpenClGpuKernelsConformanceTest() {
    super(BackendUnderTest.OPENCL_GPU_KERNELS);
  }
}
