package dev.batchloss;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.MatrixShape;
import dev.batchloss.spi.DeviceMatrix;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What one call returned: the summary, which backends ran, and what was asked for besides. */
public final class LossResult {
  private final LossSummary summary;
  private final List<BackendStatus> backends;
  private final List<BackendStatus> passedOver;
  private final double @Nullable [] rowLosses;
  private final double @Nullable [] logSumExp;
  private final @Nullable MatrixShape matrix;
  private final OptionalDouble kernelSeconds;

  LossResult(
      LossSummary summary,
      List<BackendStatus> backends,
      List<BackendStatus> passedOver,
      double @Nullable [] rowLosses,
      double @Nullable [] logSumExp,
      @Nullable MatrixShape matrix,
      OptionalDouble kernelSeconds) {
    this.summary = summary;
    this.backends = backends;
    this.passedOver = passedOver;
    this.rowLosses = rowLosses;
    this.logSumExp = logSumExp;
    this.matrix = matrix;
    this.kernelSeconds = kernelSeconds;
  }

  /**
   * Returns the reduced loss.
   *
   * @throws IllegalStateException if the reduction is NONE, whose result is {@link #rowLosses()}
   */
  public double loss() {
    return summary.loss();
  }

  /** Returns the exact sums and counts, to merge with those of other calls. */
  public LossSummary summary() {
    return summary;
  }

  /**
   * Returns how long the device's kernels read and wrote rows, in seconds by its own clock and
   * without transfers; of several devices the sum. Empty if the backend has no such clock.
   */
  public OptionalDouble kernelSeconds() {
    return kernelSeconds;
  }

  /**
   * Returns the metrics.
   *
   * @throws NoSuchElementException if none were asked for
   */
  public Metrics metrics() {
    return summary.metrics();
  }

  /**
   * Returns one unreduced loss a row, the caller's to keep; 0 for ignored rows.
   *
   * @throws NoSuchElementException if they were not asked for and the reduction is not NONE
   */
  public double[] rowLosses() {
    return require(rowLosses, "row losses were not asked for; see Outputs.withRowLosses");
  }

  /**
   * Returns log Σ e^z of each row, the caller's to keep.
   *
   * @throws NoSuchElementException if it was not asked for
   */
  public double[] logSumExp() {
    return require(logSumExp, "log-sum-exp was not asked for; see Outputs.withLogSumExp");
  }

  /**
   * Returns the matrix that was written: the gradient, the losses of the elements, the softmax or
   * the log-softmax.
   *
   * @throws NoSuchElementException if none was asked for, or it is on a device
   */
  public Matrix matrix() {
    if (written() instanceof Matrix host) {
      return host;
    }
    throw new NoSuchElementException("the matrix is on a device; see deviceMatrix");
  }

  /**
   * Returns the matrix that was written on the input's device: the gradient, the softmax or the
   * log-softmax.
   *
   * @throws NoSuchElementException if none was asked for, or it is in the host's memory
   */
  public DeviceMatrix deviceMatrix() {
    if (written() instanceof DeviceMatrix device) {
      return device;
    }
    throw new NoSuchElementException("the matrix is in the host's memory; see matrix");
  }

  /** Returns the backend that ran, to the end of the call. */
  public BackendStatus backend() {
    return backends.getLast();
  }

  /**
   * Returns the backends that ran: one, unless a device failed during the call. Then each did the
   * rows that those before it had not finished; the last is {@link #backend}, the others are not
   * available any more, each with the reason.
   */
  public List<BackendStatus> backends() {
    return backends;
  }

  /**
   * Returns the backends that would have been preferred, each with the reason it was not used, and
   * those that failed, during this call or before.
   */
  public List<BackendStatus> passedOver() {
    return passedOver;
  }

  @Override
  public String toString() {
    return "%s over %d of %d rows on %s"
        .formatted(summary.evaluated().name(), summary.counted(), summary.rows(), backend().name());
  }

  private MatrixShape written() {
    return require(matrix, "no matrix was asked for; see Outputs.gradientInto");
  }

  private static <T> T require(@Nullable T value, String otherwise) {
    if (value == null) {
      throw new NoSuchElementException(otherwise);
    }
    return value;
  }
}
