package dev.batchloss.conformance;

/** The properties on {@code cpu}. */
class CpuPropertiesTest extends RowProperties {
  CpuPropertiesTest() {
    super(BackendUnderTest.CPU);
  }
}
