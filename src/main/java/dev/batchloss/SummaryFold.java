package dev.batchloss;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.ExactSum;
import dev.batchloss.plan.RowFold;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One worker's share of a summary, and the per-row vectors that were asked for. */
final class SummaryFold implements RowFold {
  private final TargetKind targets;
  private final List<Matrix> rowLosses;
  private final List<Matrix> logSumExps;
  private final ExactSum lossSum = new ExactSum();
  private final @Nullable MetricSums metricSums;

  SummaryFold(
      TargetKind targets,
      Set<Metric> metrics,
      int classes,
      List<Matrix> rowLosses,
      List<Matrix> logSumExps) {
    this.targets = targets;
    this.rowLosses = rowLosses;
    this.logSumExps = logSumExps;
    this.metricSums = metrics.isEmpty() ? null : new MetricSums(metrics, classes);
  }

  @Override
  public void fold(RowStatistics batch) {
    lossSum.addAll(batch.loss, batch.size);
    if (metricSums != null) {
      metricSums.add(batch, targets);
    }
    for (Matrix column : rowLosses) {
      for (int i = 0; i < batch.size; i++) {
        column.set(batch.firstRow + i, 0, batch.loss[i]);
      }
    }
    for (Matrix column : logSumExps) {
      for (int i = 0; i < batch.size; i++) {
        column.set(batch.firstRow + i, 0, batch.logSumExp(i));
      }
    }
  }

  ExactSum lossSum() {
    return lossSum;
  }

  @Nullable MetricSums metricSums() {
    return metricSums;
  }
}
