package dev.batchloss.conformance;

/** The suite on an OpenCL device, with the kernels for GPUs. */
class OpenClGpuKernelsConformanceTest extends RowConformanceSuite {
  OpenClGpuKernelsConformanceTest() {
    super(BackendUnderTest.OPENCL_GPU_KERNELS);
  }
}
