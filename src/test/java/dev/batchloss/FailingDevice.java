package dev.batchloss;

import dev.batchloss.data.DeviceException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOffer;
import dev.batchloss.spi.BackendOffer.Preference;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import dev.batchloss.spi.RowsDone;
import dev.batchloss.spi.UnfinishedRunException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A backend whose device fails after so many rows of all calls together. {@code scalar} computes
 * the rows before; those after them it never looks at.
 */
final class FailingDevice implements Backend {
  /** As rows before the failure: fails before it has looked at the targets. */
  static final long AT_ONCE = -1;

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  /** What happens in a call after its last row and before the failure. */
  volatile Runnable beforeFailure = () -> {};

  private final String name;
  private final AtomicLong rowsLeft;
  private final AtomicInteger calls = new AtomicInteger();

  FailingDevice(String name, long rowsBeforeFailure) {
    this.name = name;
    this.rowsLeft = new AtomicLong(rowsBeforeFailure);
  }

  BackendOffer offer() {
    return offer(Preference.CUDA_GPU);
  }

  BackendOffer offer(Preference preference) {
    return BackendOffer.available(
        name,
        preference,
        "a device that fails",
        _ -> {
          opened.incrementAndGet();
          return this;
        });
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String detail() {
    return "a device that fails";
  }

  @Override
  public RowOutcome run(RowRequest<Matrix> request) {
    calls.incrementAndGet();
    try {
      return runAndFail(request);
    } finally {
      calls.decrementAndGet();
    }
  }

  private RowOutcome runAndFail(RowRequest<Matrix> request) {
    DeviceException failure = new DeviceException(-36, "DEVICE_LOST", "waiting for " + name);
    if (rowsLeft.get() == AT_ONCE) {
      beforeFailure.run();
      throw new UnfinishedRunException(failure, request.done());
    }
    TargetScan scan =
        request.scanOr(
            () ->
                TargetScan.of(
                    request.rowPlan(),
                    request.input().rows(),
                    request.input().classes(),
                    request.targets()));
    if (request.inPlace()) {
      ProbabilityCheck.requireBeforeOverwriting(
          request.rowPlan(), request.input(), request.targets(), request.firstRow());
    }
    long left = rowsLeft.getAndUpdate(rows -> Math.max(0, rows - request.rowsToDo()));
    long end = request.firstRow() + Math.min(left, request.rowsToDo());
    compute(request, scan, end);
    if (left < request.rowsToDo()) {
      beforeFailure.run();
      throw new UnfinishedRunException(failure, new RowsDone(end, scan));
    }
    return new RowOutcome(scan);
  }

  private void compute(RowRequest<Matrix> request, TargetScan scan, long end) {
    long first = request.firstRow();
    Matrix output = request.output();
    Matrix written = output == null ? null : blank(output);
    // It holds nothing that would have to be freed.
    Backend scalar = BackendChoice.of("scalar").open(BackendOptions.DEFAULT).backend();
    RowOutcome _ =
        scalar.run(
            new RowRequest<>(
                request.rowPlan(),
                only(request.input(), first, end),
                only(request.targets(), first, end),
                request.statistics(),
                request.outputKind(),
                written,
                request.upstream(),
                request.rowUpstream(),
                () -> only(request.folds().get(), first, end),
                new RowsDone(0, scan)));
    if (output == null || written == null) {
      return;
    }
    long last = request.inPlace() ? end : output.rows();
    for (long row = first; row < last; row++) {
      for (int c = 0; c < output.classes(); c++) {
        // Beside the input a chunk that never came back may have been written in part.
        output.set(row, c, row < end ? written.get(row, c) : 1e4);
      }
    }
  }

  private static RowFold only(RowFold fold, long first, long end) {
    return batch -> {
      if (batch.firstRow >= first && batch.firstRow + batch.size <= end) {
        fold.fold(batch);
      }
    };
  }

  private static @Nullable Targets only(@Nullable Targets targets, long first, long end) {
    return targets instanceof ProbabilityTargets(Matrix probabilities, Matrix weights)
        ? new ProbabilityTargets(only(probabilities, first, end), weights)
        : targets;
  }

  /** The same rows; the others are uniform distributions. */
  private static Matrix only(Matrix matrix, long first, long end) {
    Matrix copy = blank(matrix);
    for (long row = 0; row < matrix.rows(); row++) {
      for (int c = 0; c < matrix.classes(); c++) {
        copy.set(row, c, row >= first && row < end ? matrix.get(row, c) : 1.0 / matrix.classes());
      }
    }
    return copy;
  }

  private static Matrix blank(Matrix matrix) {
    byte[] memory =
        new byte[Math.toIntExact(matrix.rows() * matrix.classes() * matrix.type().bytes())];
    return Matrix.of(
        MemorySegment.ofArray(memory),
        matrix.type(),
        matrix.outer(),
        matrix.classes(),
        matrix.inner());
  }

  @Override
  public void close() {
    if (calls.get() > 0) {
      throw new AssertionError("closed during a call");
    }
    closed.incrementAndGet();
  }
}
