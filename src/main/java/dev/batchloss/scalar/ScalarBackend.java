package dev.batchloss.scalar;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Plan;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowEpilogue;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowLabels;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.Backend;
import dev.batchloss.spi.Lifetime;
import dev.batchloss.spi.RowOutcome;
import dev.batchloss.spi.RowRequest;

/**
 * Runs row plans in the calling thread, one row after the other, in double. Transcendental
 * functions are {@link StrictMath}'s, so every machine computes the same bits.
 */
final class ScalarBackend implements Backend {
  static final String NAME = "scalar";
  static final String DETAIL = "double arithmetic, the calling thread";

  private final Lifetime lifetime = new Lifetime("the backend " + NAME);

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String detail() {
    return DETAIL;
  }

  @Override
  public RowOutcome run(RowRequest<Matrix> request) {
    return lifetime.during(() -> runOpen(request));
  }

  @Override
  public void close() {
    lifetime.end(() -> {});
  }

  private static RowOutcome runOpen(RowRequest<Matrix> request) {
    Plan plan = request.plan();
    Matrix input = request.input();
    TargetScan scan =
        request.scanOr(() -> TargetScan.of(plan, input.rows(), input.classes(), request.targets()));
    if (request.inPlace()) {
      ProbabilityCheck.requireBeforeOverwriting(plan, input, request.targets(), request.firstRow());
    }
    switch (plan) {
      case RowPlan rowPlan -> runRows(rowPlan, request, request.gradientScale(scan));
      case ComparisonPlan _ -> runComparison(request, request.gradientScale(scan));
    }
    return new RowOutcome(scan);
  }

  private static void runRows(RowPlan plan, RowRequest<Matrix> request, double gradientScale) {
    Matrix input = request.input();
    RowEpilogue epilogue =
        new RowEpilogue(
            plan,
            request.targetKind(),
            request.needs(),
            input.classes(),
            gradientScale,
            request.rowUpstream());
    RowStatistics statistics = new RowStatistics(1);
    RowFold fold = request.folds().get();
    RowReader reader = new RowReader(request);
    RowWriter writer = new RowWriter(request, reader);
    for (long row = request.firstRow(); row < input.rows(); row++) {
      reader.read(row, statistics);
      epilogue.losses(statistics);
      if (request.outputKind() == MatrixOutput.GRADIENT) {
        epilogue.gradients(statistics);
      }
      writer.write(row, statistics);
      fold.fold(statistics);
    }
  }

  private static void runComparison(RowRequest<Matrix> request, double gradientScale) {
    RowStatistics statistics = new RowStatistics(1);
    RowFold fold = request.folds().get();
    RowLabels labels = new RowLabels(request.plan(), request.targets());
    ComparisonRows rows = new ComparisonRows(request, gradientScale);
    for (long row = request.firstRow(); row < request.input().rows(); row++) {
      statistics.firstRow = row;
      statistics.size = 1;
      labels.label(statistics);
      rows.run(row, statistics);
      fold.fold(statistics);
    }
  }
}
