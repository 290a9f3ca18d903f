package dev.batchloss.conformance;

/** The properties on {@code scalar}. */
class ScalarPropertiesTest extends RowProperties {
  ScalarPropertiesTest() {
    super(BackendUnderTest.SCALAR);
  }
}
