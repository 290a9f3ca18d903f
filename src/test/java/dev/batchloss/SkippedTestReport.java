package dev.batchloss;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints why tests did not run, at the end of each test JVM: Surefire's console output counts
 * skipped tests but leaves the reason to its XML reports.
 */
public final class SkippedTestReport implements TestExecutionListener {
  private final Map<Skip, Integer> skips = new LinkedHashMap<>();

  private record Skip(String test, String reason) {}

  @Override
  public synchronized void executionSkipped(TestIdentifier test, String reason) {
    add(test, reason);
  }

  @Override
  public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == Status.ABORTED) {
      add(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
    }
  }

  @Override
  public synchronized void testPlanExecutionFinished(TestPlan plan) {
    skips.forEach(
        (skip, count) ->
            System.out.println(
                "SKIPPED "
                    + skip.test
                    + (count == 1 ? "" : " (" + count + " times)")
                    + ": "
                    + skip.reason.strip()));
    skips.clear();
  }

  private void add(TestIdentifier test, String reason) {
    skips.merge(
        new Skip(
            test.getSource().map(SkippedTestReport::name).orElse(test.getDisplayName()), reason),
        1,
        Integer::sum);
  }

  private static String name(TestSource source) {
    return switch (source) {
      case MethodSource method -> method.getClassName() + "." + method.getMethodName();
      case ClassSource type -> type.getClassName();
      default -> source.toString();
    };
  }
}
