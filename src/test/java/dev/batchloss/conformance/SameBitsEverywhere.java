package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import org.junit.jupiter.api.Test;

/**
 * The bits of a backend's results are the same on every machine and at every width of vectors: they
 * are held against a number that was computed once. A change of the arithmetic changes it; then it
 * is renewed, knowingly, from this test's message.
 */
abstract class SameBitsEverywhere {
  private final BackendUnderTest backend;
  private final long wanted;

  SameBitsEverywhere(BackendUnderTest backend, long wanted) {
    this.backend = backend;
    this.wanted = wanted;
  }

  @Test
  void theDigestOfManyResultsIsTheOneComputedOnce() {
    requireTheDigest();
  }

  void requireTheDigest() {
    try (BatchLoss engine = backend.open()) {
      assertThat(ResultDigest.of(engine))
          .as("digest of the results of %s", engine.backend())
          .isEqualTo(wanted);
    }
  }
}
