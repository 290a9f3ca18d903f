package dev.batchloss.conformance;

import org.junit.jupiter.api.Tag;

/** The digest of {@code cpu}, the same at each width of vectors. */
@Tag("vectorWidth")
class CpuDigestTest extends SameBitsEverywhere {
  CpuDigestTest() {
    super(BackendUnderTest.CPU, 7356830604233157303L);
  }
}
