package dev.batchloss.nativetest;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.Arrays;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs tests that are named as {@code package.Class#method}, below the root package. Prints a line
 * for each that fails.
 */
final class TestGroup {
  /** The exit code where all passed. */
  static final int PASSED = 0;

  /** The exit code where at least one failed. */
  static final int FAILED = 10;

  /** The exit code where none failed, but at least one did not run. */
  static final int INCOMPLETE = 11;

  private TestGroup() {}

  /** Runs the tests and ends the JVM. */
  public static void main(String[] names) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(
                Arrays.stream(names).map(name -> selectMethod("dev.batchloss." + name)).toList())
            .filters(EngineFilter.includeEngines("junit-jupiter"))
            .build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    TestExecutionSummary summary = listener.getSummary();
    summary
        .getFailures()
        .forEach(
            failure ->
                System.out.println(
                    failure.getTestIdentifier().getDisplayName() + ": " + failure.getException()));
    System.exit(exitCode(summary, names.length));
  }

  private static int exitCode(TestExecutionSummary summary, int wanted) {
    if (summary.getTotalFailureCount() > 0) {
      return FAILED;
    }
    return summary.getTestsSucceededCount() == wanted ? PASSED : INCOMPLETE;
  }
}
