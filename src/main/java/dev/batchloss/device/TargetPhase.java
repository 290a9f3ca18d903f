package dev.batchloss.device;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.util.function.Function;

/**
 * Phase 0: the device looks at every class target before a row is read. Weights are summed by the
 * host, exactly.
 */
public final class TargetPhase {
  /** How many numbers each item, or thread, of a scan leaves. */
  public static final int NUMBERS_PER_ITEM = 3;

  /** Rows of a piece of the targets. */
  private static final long PIECE = 1 << 22;

  private TargetPhase() {}

  /** A device that looks at class targets, those of one call. */
  public interface Scanner extends AutoCloseable {
    /**
     * Looks at the targets of some rows.
     *
     * @return of each item its first bad row, counted from {@code firstRow}, how many are bad, and
     *     how many are not ignored
     * @throws dev.batchloss.data.DeviceException if the device fails
     */
    long[] scan(long firstRow, long rows);

    @Override
    void close();
  }

  /**
   * Checks and counts the targets of a call.
   *
   * @param scanners makes the device's side, where there are class targets
   * @throws InvalidTargetException if one is out of range
   * @throws dev.batchloss.data.InvalidDataException if a sample weight is not finite
   */
  public static TargetScan scan(RowRequest<?> request, Function<ClassTargets, Scanner> scanners) {
    Plan plan = request.plan();
    MatrixShape input = request.input();
    if (!(request.targets() instanceof ClassTargets targets) || input.rows() == 0) {
      return TargetScan.of(plan, input.rows(), input.classes(), request.targets());
    }
    long counted = count(targets, input.classes(), scanners);
    if (targets.sampleWeights() != null || plan.targetWeights() != null) {
      return TargetScan.of(plan, input.rows(), input.classes(), targets);
    }
    ExactSum ones = new ExactSum();
    ones.add((double) counted);
    return new TargetScan(input.rows(), counted, ones);
  }

  private static long count(
      ClassTargets targets, int classes, Function<ClassTargets, Scanner> scanners) {
    long rows = targets.rows();
    long counted = 0;
    long bad = 0;
    long firstBad = rows;
    try (Scanner scanner = scanners.apply(targets)) {
      for (long from = 0; from < rows; from += PIECE) {
        long[] found = scanner.scan(from, Math.min(PIECE, rows - from));
        for (int i = 0; i < found.length; i += NUMBERS_PER_ITEM) {
          if (found[i + 1] > 0) {
            firstBad = Math.min(firstBad, from + found[i]);
          }
          bad += found[i + 1];
          counted += found[i + 2];
        }
      }
    }
    if (bad > 0) {
      throw new InvalidTargetException(firstBad, targets.at(firstBad), bad, classes);
    }
    return counted;
  }
}
