package dev.batchloss.conformance;

import static dev.batchloss.conformance.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.Metric;
import dev.batchloss.Metrics;

/** Holds the metrics that a trial asked for against the oracle's. */
final class MetricsJudge {
  private static final double ROUNDING = 1e-12;

  private final Trial trial;
  private final OracleMetrics want;
  private final Tolerance tolerance;
  private final double growth;

  MetricsJudge(Trial trial, Oracle oracle, Tolerance tolerance) {
    this.trial = trial;
    this.want = new OracleMetrics(oracle);
    this.tolerance = tolerance;
    this.growth = want.errorGrowth(_ -> true);
  }

  void check(Metrics got) {
    assertThat(got.asked()).as("%s: metrics", trial).isEqualTo(trial.metrics());
    for (Metric metric : trial.metrics()) {
      switch (metric.kind()) {
        case ACCURACY -> counted("accuracy", got.accuracy(), want.accuracy());
        case TOP_K -> counted("top" + metric.k(), got.topK(metric.k()), want.topK(metric.k()));
        case MRR -> counted("mrr", got.meanReciprocalRank(), want.meanReciprocalRank());
        case PERPLEXITY -> {
          double nll = want.meanNll();
          double perplexity = Math.exp(nll);
          double bound = perplexity * growth * tolerance.rowResult(nll) * 2;
          assertClose(got.perplexity(), perplexity, bound, () -> trial + ": perplexity");
        }
        case ENTROPY -> computed("entropy", got.entropy(), want.entropy());
        case BRIER -> computed("brier", got.brier(), want.brier());
        case ECE -> checkCalibration(got);
        case PER_CLASS -> checkClasses(got);
      }
    }
  }

  private void checkCalibration(Metrics got) {
    computed("ece", got.expectedCalibrationError(), want.expectedCalibrationError());
    assertThat(got.reliability()).as("%s: bins", trial).hasSize(OracleMetrics.BINS);
    for (int b = 0; b < OracleMetrics.BINS; b++) {
      Metrics.ReliabilityBin bin = got.reliability().get(b);
      String what = "bin " + b;
      assertThat(bin.count()).as("%s: count of %s", trial, what).isEqualTo(want.binCount(b));
      assertClose(bin.low(), (double) b / OracleMetrics.BINS, 0, () -> trial + ": low of " + what);
      assertClose(
          bin.high(), (double) (b + 1) / OracleMetrics.BINS, 0, () -> trial + ": high of " + what);
      int index = b;
      double confidence = want.binConfidence(b);
      double binGrowth = want.errorGrowth(r -> want.isInBin(r, index));
      assertClose(
          bin.confidence(),
          confidence,
          binGrowth * tolerance.rowResult(confidence),
          () -> trial + ": confidence of " + what);
      assertClose(
          bin.accuracy(),
          want.binAccuracy(b),
          binGrowth * ROUNDING,
          () -> trial + ": accuracy of " + what);
    }
  }

  private void checkClasses(Metrics got) {
    assertThat(got.perClass()).as("%s: classes", trial).hasSize(trial.input().classes());
    for (Metrics.ClassMetrics entry : got.perClass()) {
      int c = entry.classIndex();
      String what = "class " + c;
      double classGrowth = want.errorGrowth(r -> want.isOfClass(r, c));
      assertThat(entry.count()).as("%s: count of %s", trial, what).isEqualTo(want.classCount(c));
      assertClose(
          entry.loss(),
          want.classLoss(c),
          classGrowth * tolerance.rowResult(want.classLoss(c)),
          () -> trial + ": loss of " + what);
      assertClose(
          entry.recall(),
          want.classRecall(c),
          classGrowth * ROUNDING,
          () -> trial + ": recall of " + what);
    }
  }

  private void counted(String name, double got, double wanted) {
    assertClose(got, wanted, growth * ROUNDING, () -> trial + ": " + name);
  }

  private void computed(String name, double got, double wanted) {
    assertClose(got, wanted, growth * tolerance.rowResult(wanted), () -> trial + ": " + name);
  }
}
