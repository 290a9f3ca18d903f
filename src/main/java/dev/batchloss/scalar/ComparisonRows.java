package dev.batchloss.scalar;

import dev.batchloss.data.Matrix;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.plan.ComparisonEpilogue;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.ProbabilityCheck;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.spi.RowRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One row after the other of a call that compares the input with target values. */
final class ComparisonRows {
  private final ComparisonPlan plan;
  private final @Nullable ElementFormula elementFormula;
  private final @Nullable PairFormula pairFormula;
  private final ComparisonEpilogue epilogue;
  private final Matrix input;
  private final Matrix targets;
  private final @Nullable Matrix elementWeights;
  private final MatrixOutput outputKind;
  private final @Nullable Matrix output;
  private final int classes;
  private final double[] written;

  ComparisonRows(RowRequest<Matrix> request, double gradientScale) {
    ValueTargets values = (ValueTargets) Objects.requireNonNull(request.targets());
    this.plan = (ComparisonPlan) request.plan();
    this.input = request.input();
    this.classes = input.classes();
    this.elementFormula =
        plan instanceof ElementPlan elements
            ? new ElementFormula(elements.function(), elements.zeroTimesInfinity())
            : null;
    this.pairFormula = plan instanceof PairPlan pair ? new PairFormula(pair, classes) : null;
    this.epilogue = new ComparisonEpilogue(plan, classes, gradientScale, request.rowUpstream());
    this.targets = values.values();
    this.elementWeights = values.elementWeights();
    this.outputKind = request.outputKind();
    this.output = request.output();
    this.written = new double[classes];
  }

  /** Reads the row, fills its loss, and writes its part of the output. */
  void run(long row, RowStatistics rows) {
    double factor = outputKind == MatrixOutput.GRADIENT ? epilogue.gradientFactor(rows, 0) : 1;
    switch (plan) {
      case ElementPlan elements -> addElements(elements, row, rows, factor);
      case PairPlan _ -> comparePair(Objects.requireNonNull(pairFormula), row, rows, factor);
    }
    epilogue.losses(rows);
    if (output != null) {
      for (int c = 0; c < classes; c++) {
        output.set(row, c, written[c]);
      }
    }
  }

  private void addElements(ElementPlan elements, long row, RowStatistics rows, double factor) {
    ElementFormula formula = Objects.requireNonNull(elementFormula);
    double sum = 0;
    rows.matches[0] = 0;
    for (int c = 0; c < classes; c++) {
      double x = input.get(row, c);
      double target = targets.get(row, c);
      ProbabilityCheck.requireValues(plan, row, c, x, target);
      double y = elements.targetScale() * target + elements.targetOffset();
      double weight = elementWeights == null ? 1 : elementWeights.get(row, c);
      double loss = weight * formula.value(x, y, elements.positiveWeight(c));
      sum += loss;
      rows.matches[0] += formula.matches(x, y) ? 1 : 0;
      written[c] =
          outputKind == MatrixOutput.GRADIENT
              ? factor * weight * formula.slope(x, y, elements.positiveWeight(c))
              : rows.weight[0] * loss;
    }
    rows.loss[0] = sum;
  }

  private void comparePair(PairFormula formula, long row, RowStatistics rows, double factor) {
    for (int c = 0; c < classes; c++) {
      formula.x[c] = input.get(row, c);
      formula.y[c] = targets.get(row, c);
    }
    rows.loss[0] = formula.value();
    if (outputKind == MatrixOutput.GRADIENT) {
      for (int c = 0; c < classes; c++) {
        written[c] = factor * formula.slope(c);
      }
    }
  }
}
