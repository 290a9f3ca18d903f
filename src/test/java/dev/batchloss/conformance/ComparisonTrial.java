package dev.batchloss.conformance;

import static dev.batchloss.conformance.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ComparisonPlan;
import dev.batchloss.plan.ElementPlan;
import dev.batchloss.plan.PairPlan;
import dev.batchloss.plan.Reduction;
import java.util.stream.IntStream;

/** One call of a loss that compares two matrices, held against the oracle. */
record ComparisonTrial(Loss loss, Matrix input, ValueTargets targets) {
  private static final int MOST_PAIR_SLOPES = 40;

  /** The row losses, their sum, and the gradient into a matrix of {@code gradientType}. */
  void judge(BatchLoss engine, ElementType gradientType) {
    int rows = Math.toIntExact(input.rows());
    Matrix gradient =
        Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, gradientType, rows, input.classes());
    Matrix shaped =
        Matrix.of(gradient.segment(), gradientType, input.outer(), input.classes(), input.inner());
    LossResult result =
        engine.evaluate(loss, input, targets, Outputs.gradientInto(shaped).withRowLosses());
    BackendUnderTest.requireUndisturbed(result);
    checkLosses(result, rows);
    for (int r = 0; r < rows; r++) {
      for (int c : classesToDifferentiate(r)) {
        checkSlope(shaped, result.summary().weightSum(), r, c);
      }
    }
  }

  /**
   * Of pairs each costs the oracle a few rows: of long ones the likeliest class and some others.
   */
  private int[] classesToDifferentiate(int r) {
    int classes = input.classes();
    if (plan() instanceof ElementPlan || classes <= MOST_PAIR_SLOPES) {
      return IntStream.range(0, classes).toArray();
    }
    // Where several classes share the maximum a hinge has a corner, and a difference is no slope.
    boolean hasCorner = loss instanceof CategoricalHinge;
    int likeliest = hasCorner ? 0 : OracleRow.firstGreatest(Oracle.row(input, r));
    int wanted = OracleRow.firstGreatest(Oracle.row(targets.values(), r));
    return new int[] {0, likeliest, wanted, classes / 2, classes - 1};
  }

  /** The row losses and their sum alone. */
  void judgeLoss(BatchLoss engine) {
    LossResult result = engine.evaluate(loss, input, targets, Outputs.lossOnly().withRowLosses());
    BackendUnderTest.requireUndisturbed(result);
    checkLosses(result, Math.toIntExact(input.rows()));
  }

  private void checkLosses(LossResult result, int rows) {
    CompensatedSum sum = new CompensatedSum();
    CompensatedSum weights = new CompensatedSum();
    double bounds = 0;
    for (int r = 0; r < rows; r++) {
      int row = r;
      double want = sampleWeight(r) * rowLoss(r);
      double bound = Math.abs(sampleWeight(r)) * rowBound(r);
      assertClose(result.rowLosses()[r], want, bound, () -> this + ": loss of row " + row);
      sum.add(want);
      weights.add(sampleWeight(r));
      bounds += bound;
    }
    assertThat(result.summary().counted()).isEqualTo(rows);
    double denominator = loss.reduction().denominatorFor(weights.value(), input.outer());
    if (loss.reduction().kind() != Reduction.Kind.NONE) {
      assertClose(
          result.loss(),
          sum.value() / denominator,
          bounds / Math.abs(denominator),
          () -> this + ": loss");
    }
  }

  private void checkSlope(Matrix gradient, double weightSum, int r, int c) {
    double scale = sampleWeight(r) / loss.reduction().denominatorFor(weightSum, input.outer());
    double slope =
        switch (plan()) {
          case ElementPlan elements ->
              elements.rowFactor(input.classes())
                  * elementWeight(r, c)
                  * ComparisonOracle.elementSlope(
                      elements, input.get(r, c), targets.values().get(r, c), c);
          case PairPlan pair ->
              ComparisonOracle.pairSlope(
                  pair, Oracle.row(input, r), Oracle.row(targets.values(), r), c);
        };
    // Differences are no more precise than this.
    double precision = 2e-6;
    double want = scale * slope;
    double bound = Math.abs(scale) * precision * (1 + Math.abs(slope));
    assertClose(
        gradient.get(r, c),
        want,
        bound + Tolerance.halfUlp(gradient.type(), Math.abs(want) + bound),
        () -> "%s: gradient of row %d, class %d".formatted(this, r, c));
  }

  private double rowLoss(int r) {
    return switch (plan()) {
      case ElementPlan elements -> {
        CompensatedSum sum = new CompensatedSum();
        for (int c = 0; c < input.classes(); c++) {
          sum.add(elementLoss(elements, r, c));
        }
        yield elements.rowFactor(input.classes()) * sum.value();
      }
      case PairPlan pair ->
          ComparisonOracle.pair(pair, Oracle.row(input, r), Oracle.row(targets.values(), r));
    };
  }

  private double rowBound(int r) {
    Tolerance tolerance = new Tolerance(input.type(), Double.POSITIVE_INFINITY);
    return switch (plan()) {
      case ElementPlan elements -> {
        double bound = 0;
        for (int c = 0; c < input.classes(); c++) {
          double weight = Math.abs(elementWeight(r, c));
          bound +=
              weight == 0 ? 0 : weight * tolerance.rowResult(elementLoss(elements, r, c) / weight);
        }
        yield elements.rowFactor(input.classes()) * bound;
      }
      case PairPlan pair -> Math.max(1, pair.factor()) * tolerance.rowResult(rowLoss(r));
    };
  }

  private double elementLoss(ElementPlan plan, int r, int c) {
    double value = ComparisonOracle.element(plan, input.get(r, c), targets.values().get(r, c), c);
    return elementWeight(r, c) * value;
  }

  private double elementWeight(int r, int c) {
    Matrix weights = targets.elementWeights();
    return weights == null ? 1 : weights.get(r, c);
  }

  private double sampleWeight(int r) {
    Matrix weights = targets.sampleWeights();
    return weights == null ? 1 : weights.get(r, 0);
  }

  private ComparisonPlan plan() {
    return (ComparisonPlan) loss.plan();
  }

  @Override
  public String toString() {
    return "%s on %s%s%s"
        .formatted(
            loss,
            input,
            targets.elementWeights() == null ? "" : ", element weights",
            targets.sampleWeights() == null ? "" : ", sample weights");
  }
}
