package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The order of a call: all targets are checked before a row is read, and all before it is lost. */
public final class RowPhases {
  private RowPhases() {}

  /**
   * Runs a call.
   *
   * @param targets checks and counts the targets; see {@link TargetPhase}
   * @param rows reads all rows of a request, and writes its output; not called where there are none
   * @throws dev.batchloss.data.InvalidDataException if something is bad; what is written over the
   *     input has not been written then
   */
  public static RowOutcome run(
      RowRequest<?> request,
      Function<RowRequest<?>, TargetScan> targets,
      BiConsumer<RowRequest<?>, TargetScan> rows) {
    TargetScan scan = targets.apply(request);
    if (request.input().rows() > 0) {
      if (request.inPlace()) {
        requireBeforeOverwriting(request, scan, rows);
      }
      rows.accept(request, scan);
    }
    return new RowOutcome(scan);
  }

  private static void requireBeforeOverwriting(
      RowRequest<?> request, TargetScan scan, BiConsumer<RowRequest<?>, TargetScan> rows) {
    if (request.input() instanceof Matrix input) {
      ProbabilityCheck.requireBeforeOverwriting(request.plan(), input, request.targets());
    } else if (RowColumns.of(request).hasChecks()) {
      rows.accept(request.withoutOutput(), scan);
    }
  }
}
