package dev.batchloss.conformance;

/** The suite on {@code scalar}. */
class ScalarConformanceTest extends RowConformanceSuite {
  ScalarConformanceTest() {
    super(BackendUnderTest.SCALAR);
  }
}
