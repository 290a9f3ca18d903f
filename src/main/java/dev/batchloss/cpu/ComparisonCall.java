package dev.batchloss.cpu;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ComparisonEpilogue;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.RowLabels;
import dev.batchloss.plan.RowStatistic;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetScan;
import dev.batchloss.spi.RowRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What all workers share of a call that compares the input with target values; immutable. */
final class ComparisonCall implements BatchWork {
  final ComparisonPlan plan;
  final Matrix input;
  final Matrix targets;
  final @Nullable Matrix elementWeights;
  final @Nullable Matrix output;
  final MatrixOutput outputKind;
  final boolean countsMatches;
  final int classes;
  private final RowRequest<Matrix> request;
  private final ComparisonEpilogue epilogue;
  private final RowLabels labels;

  ComparisonCall(RowRequest<Matrix> request, TargetScan scan) {
    ValueTargets values = (ValueTargets) Objects.requireNonNull(request.targets());
    this.request = request;
    this.plan = (ComparisonPlan) request.plan();
    this.input = request.input();
    this.targets = values.values();
    this.elementWeights = values.elementWeights();
    this.output = request.output();
    this.outputKind = request.outputKind();
    this.countsMatches = request.statistics().contains(RowStatistic.ARGMAX);
    this.classes = input.classes();
    this.epilogue =
        new ComparisonEpilogue(plan, classes, request.gradientScale(scan), request.rowUpstream());
    this.labels = new RowLabels(plan, values);
  }

  @Override
  public RowRequest<Matrix> request() {
    return request;
  }

  @Override
  public BatchPass newPass(int batchRows) {
    return switch (plan) {
      case ElementPlan elements -> ElementPass.of(this, elements);
      case PairPlan pair -> new PairPass(this, pair);
    };
  }

  @Override
  public void label(RowStatistics rows) {
    labels.label(rows);
  }

  @Override
  public void finish(RowStatistics rows) {
    epilogue.losses(rows);
  }

  /** What multiplies the elements that are written of a row. */
  double outputFactor(RowStatistics rows, int i) {
    return outputKind == MatrixOutput.GRADIENT ? epilogue.gradientFactor(rows, i) : rows.weight[i];
  }
}
