package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BackendStatus;
import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.RequiredBackends;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.BackendProvider;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A backend and how much of the suite it is asked.
 *
 * @param name what it is opened by
 * @param elementBudget cases with more input elements than this are left out
 * @param threadCounts the numbers of threads that must give the same bits
 * @param properties the system properties that are set while it is opened
 */
record BackendUnderTest(
    String name, long elementBudget, List<Integer> threadCounts, Map<String, String> properties) {
  static final BackendUnderTest SCALAR =
      new BackendUnderTest("scalar", Long.MAX_VALUE, List.of(1, 2), Map.of());
  static final BackendUnderTest CPU =
      new BackendUnderTest("cpu", Long.MAX_VALUE, List.of(1, 2, 3, 7), Map.of());
  static final BackendUnderTest CUDA =
      new BackendUnderTest("cuda", 20_000_000, List.of(1), Map.of());
  static final BackendUnderTest OPENCL_CPU_KERNELS = openCl("cpu");
  static final BackendUnderTest OPENCL_GPU_KERNELS = openCl("gpu");

  BatchLoss open() {
    return open(0);
  }

  /** Opens an engine on it; skips the test, or fails it where it is required, if there is none. */
  BatchLoss open(int threads) {
    skipOrFailWithout();
    return withProperties(() -> BatchLoss.builder().backend(name).threads(threads).open());
  }

  /** Fails where another backend had to finish: its results would pass for those of this one. */
  static void requireUndisturbed(LossResult result) {
    assertThat(result.backends()).as("the backends that ran").hasSize(1);
    assertThat(result.passedOver()).as("the backends that failed").isEmpty();
  }

  /** Opens the backend itself, without an engine around it; likewise. */
  Backend openPlans() {
    skipOrFailWithout();
    return withProperties(this::openFirstOffer);
  }

  private Backend openFirstOffer() {
    return ServiceLoader.load(BackendProvider.class).stream()
        .flatMap(provider -> provider.get().offers().stream())
        .filter(offer -> offer.answersTo(name) && offer.isAvailable())
        .findFirst()
        .orElseThrow()
        .open(BackendOptions.DEFAULT);
  }

  private static BackendUnderTest openCl(String kernels) {
    return new BackendUnderTest(
        "opencl", 20_000_000, List.of(1), Map.of("batchloss.opencl.kernels", kernels));
  }

  private <T> T withProperties(Supplier<T> opening) {
    properties.forEach(System::setProperty);
    try {
      return opening.get();
    } finally {
      properties.keySet().forEach(System::clearProperty);
    }
  }

  private void skipOrFailWithout() {
    String reason = reasonAgainst(BatchLoss.backends());
    if (reason != null) {
      RequiredBackends.skipOrFail(name, reason);
    }
  }

  /** Returns why it cannot run here, or null if it can. */
  @Nullable String reasonAgainst(List<BackendStatus> backends) {
    List<BackendStatus> family =
        backends.stream()
            .filter(status -> status.name().equals(name) || status.name().startsWith(name + ":"))
            .toList();
    if (family.stream().anyMatch(BackendStatus::available)) {
      return null;
    }
    if (!family.isEmpty()) {
      return "backend " + name + " cannot run: " + family.getFirst().reason();
    }
    return "there is no backend " + name;
  }

  /** Skips the test if it is too large for this backend. */
  void afford(long elements) {
    Assumptions.assumeTrue(
        elements <= elementBudget,
        () -> "%d elements are over the budget of %s, %d".formatted(elements, name, elementBudget));
  }
}
