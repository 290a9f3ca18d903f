package dev.batchloss.conformance;

import dev.batchloss.cpu.LoopStates;
import org.junit.jupiter.api.Tag;

/** The suite on {@code cpu}, run once at each width of vectors. */
@Tag("vectorWidth")
class CpuConformanceTest extends RowConformanceSuite {
  CpuConformanceTest() {
    super(BackendUnderTest.CPU);
    LoopStates.compiled();
  }
}
