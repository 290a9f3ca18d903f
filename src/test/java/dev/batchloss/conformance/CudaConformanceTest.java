package dev.batchloss.conformance;

import org.junit.jupiter.api.Tag;

/** The suite on a CUDA device, or on what pretends to be one. */
@Tag("cuda")
class CudaConformanceTest extends RowConformanceSuite {
  CudaConformanceTest() {
    super(BackendUnderTest.CUDA);
  }
}
