package dev.batchloss.conformance;

/** The suite on an OpenCL device, with the kernels for CPU devices. */
class OpenClCpuKernelsConformanceTest extends RowConformanceSuite {
  OpenClCpuKernelsConformanceTest() {
    super(BackendUnderTest.OPENCL_CPU_KERNELS);
  }
}
