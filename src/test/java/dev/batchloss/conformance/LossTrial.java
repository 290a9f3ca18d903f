package dev.batchloss.conformance;

import static dev.batchloss.conformance.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowPlan;
import org.jspecify.annotations.Nullable;

/**
 * One call of a loss beside cross-entropy, and what it must give.
 *
 * @param targets null for a loss without
 * @param gradient null for none, the input itself for one in place
 */
record LossTrial(Loss loss, Matrix input, @Nullable Targets targets, @Nullable Matrix gradient) {

  /** Runs it and holds row losses, loss and gradient against the oracle. */
  LossResult judge(BatchLoss engine) {
    int rows = Math.toIntExact(input.rows());
    OracleLoss[] oracle = new OracleLoss[rows];
    for (int r = 0; r < rows; r++) {
      oracle[r] = oracle(r);
    }
    LossResult result = evaluate(engine, outputs().withRowLosses());
    BackendUnderTest.requireUndisturbed(result);
    CompensatedSum lossSum = new CompensatedSum();
    CompensatedSum weightSum = new CompensatedSum();
    double bound = 0;
    for (int r = 0; r < rows; r++) {
      double weight = isIgnored(r) ? 0 : sampleWeight(r);
      double want = isIgnored(r) ? 0 : weight * oracle[r].value();
      double rowBound = isIgnored(r) ? 0 : Math.abs(weight) * oracle[r].bound();
      int row = r;
      assertClose(result.rowLosses()[r], want, rowBound, () -> this + ": loss of row " + row);
      lossSum.add(want);
      weightSum.add(isIgnored(r) ? 0 : weight * targetWeight(r));
      bound += rowBound;
    }
    assertThat(result.summary().weightSum())
        .as("%s: weight sum", this)
        .isCloseTo(weightSum.value(), within(1e-12 * rows));
    double denominator = denominator(weightSum.value());
    if (!loss.reduction().equals(Reduction.NONE)) {
      assertClose(
          result.loss(),
          lossSum.value() / denominator,
          bound / Math.abs(denominator),
          () -> this + ": loss");
    }
    if (gradient != null) {
      for (int r = 0; r < rows; r++) {
        checkGradient(r, oracle[r], sampleWeight(r) / denominator);
      }
    }
    return result;
  }

  LossResult evaluate(BatchLoss engine, Outputs outputs) {
    return targets == null
        ? engine.evaluate(loss, input, outputs)
        : engine.evaluate(loss, input, targets, outputs);
  }

  private void checkGradient(int r, OracleLoss oracle, double factor) {
    double[] want = oracle.gradient();
    double[] bound = oracle.gradientBound();
    for (int c = 0; c < want.length; c++) {
      double element = isIgnored(r) ? 0 : factor * want[c];
      double stored =
          Tolerance.halfUlp(gradient.type(), Math.abs(element) + Math.abs(factor) * bound[c]);
      int classIndex = c;
      assertClose(
          gradient.get(r, c),
          element,
          isIgnored(r) ? 0 : Math.abs(factor) * bound[c] + stored,
          () -> "%s: gradient of row %d, class %d".formatted(this, r, classIndex));
    }
  }

  private Outputs outputs() {
    if (gradient == null) {
      return Outputs.lossOnly();
    }
    return gradient == input ? Outputs.gradientInPlace() : Outputs.gradientInto(gradient);
  }

  private OracleLoss oracle(int r) {
    Tolerance tolerance = new Tolerance(input.type(), Double.POSITIVE_INFINITY);
    double[] q =
        targets instanceof ProbabilityTargets distributions
            ? Oracle.row(distributions.probabilities(), r)
            : new double[0];
    int target =
        targets instanceof ClassTargets indices && !isIgnored(r)
            ? Math.toIntExact(indices.at(r))
            : 0;
    return new OracleLoss(loss, tolerance, Oracle.row(input, r), target, q);
  }

  private boolean isIgnored(int r) {
    Long ignored = ((RowPlan) loss.plan()).ignoredClass();
    return ignored != null && targets instanceof ClassTargets indices && indices.at(r) == ignored;
  }

  private double sampleWeight(int r) {
    Matrix weights = targets == null ? null : targets.sampleWeights();
    return weights == null ? 1 : weights.get(r, 0);
  }

  private double targetWeight(int r) {
    ClassWeights weights = OracleLoss.classWeightsOf(loss);
    return weights != null && targets instanceof ClassTargets indices
        ? weights.at(Math.toIntExact(indices.at(r)))
        : 1;
  }

  private double denominator(double weightSum) {
    Reduction reduction = loss.reduction();
    return switch (reduction.kind()) {
      case NONE, SUM -> 1;
      case MEAN -> weightSum;
      case BATCH_MEAN -> input.outer();
      case SUM_OVER -> reduction.denominator();
    };
  }

  @Override
  public String toString() {
    return "%s on %s%s"
        .formatted(
            loss,
            input,
            gradient == null
                ? ""
                : gradient == input ? ", gradient in place" : ", gradient into " + gradient.type());
  }
}
