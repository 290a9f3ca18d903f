package dev.batchloss.cpu;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.BackendOptions;
import dev.batchloss.spi.Lifetime;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;
import jdk.incubator.vector.VectorShape;
import org.jspecify.annotations.Nullable;

/** Runs plans on this machine's processors through the Vector API, on threads of its own. */
final class CpuBackend implements Backend {
  static final String NAME = "cpu";

  /** Rows of at most this many classes are reduced side by side. */
  static final int SHORT_ROW = 64;

  private static final int MOST_VECTOR_BITS = 512;

  /** Targets fewer than these are checked sooner than handed out. */
  private static final int SCAN_ROWS = 1 << 16;

  private final Workers workers;
  private final StatisticsPool pool = new StatisticsPool();
  private final Lifetime lifetime = new Lifetime("the backend " + NAME);

  CpuBackend(BackendOptions options) {
    this.workers = new Workers(options.threadsOrAll());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String detail() {
    return detail(workers.threads());
  }

  static String detail(int threads) {
    return vectorBits() + "-bit vectors, " + threads + (threads == 1 ? " thread" : " threads");
  }

  /** Of the widest vectors that are used; told without making one, which takes its time. */
  static int vectorBits() {
    return Math.min(MOST_VECTOR_BITS, VectorShape.preferredShape().vectorBitSize());
  }

  @Override
  public RowOutcome run(RowRequest<Matrix> request) {
    return lifetime.during(() -> runOpen(request));
  }

  @Override
  public void close() {
    lifetime.end(workers::close);
  }

  private RowOutcome runOpen(RowRequest<Matrix> request) {
    TargetScan scan = request.scanOr(() -> scan(request));
    if (request.inPlace()) {
      ProbabilityCheck.requireBeforeOverwriting(
          request.plan(), request.input(), request.targets(), request.firstRow());
    }
    if (request.rowsToDo() > 0) {
      switch (request.plan()) {
        case RowPlan _ -> run(new Call(request, scan));
        case ComparisonPlan _ ->
            new BatchedRun(new ComparisonCall(request, scan), workers, pool).run();
      }
    }
    return new RowOutcome(scan);
  }

  private void run(Call call) {
    boolean isFew = call.request.rowsToDo() < 2L * workers.threads();
    if (isFew && call.classes > Call.SEGMENT && isAlongRows(call)) {
      new SegmentedRun(call, workers).run();
    } else {
      new BatchedRun(call, workers, pool).run();
    }
  }

  /** The pass for this call; a function of plan, type, class count and layout alone. */
  static BatchPass passFor(Call call, int batchRows) {
    if (call.transform.kind() == InputKind.PROBABILITIES) {
      return new ProbabilityPass(call, batchRows);
    }
    if (!isAlongRows(call)) {
      return new TilePass(call, batchRows);
    }
    return call.takesFloat()
        ? new FloatRowPass(call, batchRows)
        : new DoubleRowPass(call, batchRows);
  }

  private static boolean isAlongRows(Call call) {
    return call.transform.kind() != InputKind.PROBABILITIES
        && call.input.classStride() == 1
        && call.classes > SHORT_ROW;
  }

  private TargetScan scan(RowRequest<Matrix> request) {
    long rows = request.input().rows();
    Targets targets = request.targets();
    if (!(targets instanceof ClassTargets) || rows < SCAN_ROWS || workers.threads() == 1) {
      return scan(request, rows, targets);
    }
    TargetScan[] scans = new TargetScan[workers.threads()];
    TaskQueue queue = new TaskQueue(scans.length);
    workers.run(
        scans.length,
        () ->
            queue.drain(
                part -> {
                  long from = rows * part / scans.length;
                  long to = rows * (part + 1) / scans.length;
                  scans[(int) part] = scan(request, to - from, targets.slice(from, to));
                }));
    if (queue.hasFailed()) {
      // A part counts its rows from its own first: the whole finds the first bad row and all.
      return scan(request, rows, targets);
    }
    TargetScan whole = scans[0];
    for (int part = 1; part < scans.length; part++) {
      whole = whole.merge(scans[part]);
    }
    return whole;
  }

  private static TargetScan scan(RowRequest<Matrix> request, long rows, @Nullable Targets targets) {
    return TargetScan.of(request.plan(), rows, request.input().classes(), targets);
  }
}
