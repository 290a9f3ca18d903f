package dev.batchloss;

import static org.assertj.core.api.Assertions.fail;

import dev.batchloss.data.BackendUnavailableException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The backends whose absence is a failure and not a skip. */
public final class RequiredBackends {
  /** Names them, separated by commas. */
  private static final String VARIABLE = "BATCHLOSS_REQUIRE";

  private RequiredBackends() {}

  /** Ends the test that needs a backend: skipped, or failed where the backend is required. */
  public static void skipOrFail(String backend, String reason) {
    if (isNamed(backend, System.getenv(VARIABLE))) {
      fail("%s names %s, but %s", VARIABLE, backend, reason);
    }
    Assumptions.abort(reason);
  }

  /** Opens a backend; ends the test likewise where it cannot run. */
  public static BatchLoss open(String backend) {
    try {
      return BatchLoss.open(backend);
    } catch (BackendUnavailableException e) {
      skipOrFail(backend, String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** Returns whether the variable's value names a backend. */
  public static boolean isNamed(String backend, @Nullable String required) {
    return required != null
        && Arrays.stream(required.split(",", -1)).anyMatch(entry -> entry.strip().equals(backend));
  }
}
