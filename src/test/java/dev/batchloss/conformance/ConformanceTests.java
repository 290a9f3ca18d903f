package dev.batchloss.conformance;

/** An area of the suite. */
interface ConformanceTests {
  /** Returns what is tested. */
  BackendUnderTest backend();
}
