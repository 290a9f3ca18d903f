package dev.batchloss.device;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import java.util.function.Function;

/** The order of a call: all targets are checked before a row is read, and all before it is lost. */
public final class RowPhases {
  private RowPhases() {}

  /** What reads rows. */
  @FunctionalInterface
  public interface RowReading {
    /**
     * Reads the rows of a request that are still to do, and writes its output.
     *
     * @param progress is told of them
     */
    void run(RowRequest<?> request, TargetScan scan, RunProgress progress);
  }

  /**
   * Runs a call, or what is still to do of it.
   *
   * @param progress is told how far it has come
   * @param targets checks and counts the targets, unless that has been done; see {@link
   *     TargetPhase}
   * @param rows not called where there are none
   * @throws dev.batchloss.data.InvalidDataException if something is bad; what is written over the
   *     input has not been written then
   */
  public static RowOutcome run(
      RowRequest<?> request,
      RunProgress progress,
      Function<RowRequest<?>, TargetScan> targets,
      RowReading rows) {
    TargetScan scan = request.scanOr(() -> targets.apply(request));
    progress.scanned(scan);
    if (request.rowsToDo() > 0) {
      if (request.inPlace()) {
        requireBeforeOverwriting(request, scan, rows);
      }
      rows.run(request, scan, progress);
    }
    return new RowOutcome(scan);
  }

  private static void requireBeforeOverwriting(
      RowRequest<?> request, TargetScan scan, RowReading rows) {
    if (request.input() instanceof Matrix input) {
      ProbabilityCheck.requireBeforeOverwriting(
          request.plan(), input, request.targets(), request.firstRow());
    } else if (RowColumns.of(request).hasChecks()) {
      rows.run(request.withoutOutput(), scan, new RunProgress(request));
    }
  }
}
