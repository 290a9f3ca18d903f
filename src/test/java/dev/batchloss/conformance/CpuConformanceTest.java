package dev.batchloss.conformance;

import org.junit.jupiter.api.Tag;

/** The suite on {@code cpu}, run once at each width of vectors. */
@Tag("vectorWidth")
class CpuConformanceTest extends RowConformanceSuite {
  CpuConformanceTest() {
    super(BackendUnderTest.CPU);
  }
}
