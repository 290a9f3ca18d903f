package dev.batchloss.conformance;

/** The digest of {@code scalar}. */
class ScalarDigestTest extends SameBitsEverywhere {
  ScalarDigestTest() {
    super(BackendUnderTest.SCALAR, -6192512017040765347L);
  }
}
