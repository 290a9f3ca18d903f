package dev.batchloss.conformance;

import dev.batchloss.cpu.LoopStates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The digest of {@code cpu}, the same at each width of vectors. */
@Tag("vectorWidth")
class CpuDigestTest extends SameBitsEverywhere {
  CpuDigestTest() {
    super(BackendUnderTest.CPU, 5251921795357316878L);
  }

  @BeforeEach
  @AfterEach
  void runOnVectors() {
    LoopStates.compiled();
  }

  /** And while they are compiled, if that is before the last result. */
  @Test
  void theDigestIsTheSameBeforeLoopsAreCompiled() {
    LoopStates.cold();
    requireTheDigest();
  }
}
