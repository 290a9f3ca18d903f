package dev.batchloss.conformance;

import org.junit.jupiter.api.Tag;

/** The suite on an OpenCL device, with the kernels for CPU devices. */
@Tag("kernelFamily")
class OpenClCpuKernelsConformanceTest extends RowConformanceSuite {
  OpenClCpuKernelsConformanceTest() {
    super(BackendUnderTest.OPENCL_CPU_KERNELS);
  }
}
