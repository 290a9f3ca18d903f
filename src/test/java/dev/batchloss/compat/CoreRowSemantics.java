package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.CLASS_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IGNORED_LABEL;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LABELS;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.ONE_IGNORED;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.SMOOTHING;
import static dev.batchloss.compat.SemanticsNumbers.SOFT;
import static dev.batchloss.compat.SemanticsNumbers.WEIGHTS_OF_LABELS;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.map;
import static dev.batchloss.compat.SemanticsNumbers.meanWithoutTheSecond;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.negativeLogSoftmax;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.smoothedTowardThird;
import static dev.batchloss.compat.SemanticsNumbers.softmax;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.ClassWeightedLoss;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.SoftmaxFocal;
import dev.batchloss.plan.ClassWeights;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.stream.Stream;

/** The lines of the core's losses of distributions. */
final class CoreRowSemantics {
  private static final Targets TARGETS = Targets.classes(LABELS);
  private static final Matrix NO_ROWS = Matrix.of(new double[0], 0, 3);

  private final BatchLoss engine;

  CoreRowSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(crossEntropy(), ofDistributions(), ofProbabilities(), focal());
  }

  private double loss(Loss loss, Matrix input, Targets targets) {
    return engine.evaluate(loss, input, targets).loss();
  }

  private double[] rowLosses(Loss loss, Matrix input, Targets targets) {
    return engine.evaluate(loss.withReduction(Reduction.NONE), input, targets).rowLosses();
  }

  /** The loss of one row of two classes. */
  private double loss(Loss loss, double first, double second, int target) {
    return loss(loss, Matrix.of(new double[] {first, second}, 1, 2), Targets.classes(target));
  }

  /**
   * The cells that losses of class targets have in common.
   *
   * @param ignoring the same loss with an ignored class
   * @param rows what the loss of each row is without weights
   */
  private SemanticsLine ofClasses(
      String name, ClassWeightedLoss loss, Loss ignoring, double[] x, double[] rows) {
    Matrix input = Matrix.of(x, 3, 3);
    Loss weighted = loss.withClassWeights(ClassWeights.of(CLASS_WEIGHTS));
    Targets weightedRows = TARGETS.withSampleWeights(ROW_WEIGHTS);
    double[] weights = times(ROW_WEIGHTS, WEIGHTS_OF_LABELS);
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "Σ s·w_t",
            () ->
                near(loss(weighted, input, weightedRows), sum(times(rows, weights)) / sum(weights)))
        .check(
            Column.IGNORED,
            "none unless set",
            () -> {
              Targets targets = Targets.classes(ONE_IGNORED);
              assertThatThrownBy(() -> loss(loss, input, targets))
                  .isInstanceOf(InvalidTargetException.class);
              near(loss(ignoring, input, targets), meanWithoutTheSecond(rows));
            })
        .check(
            Column.WEIGHTS,
            "class, row",
            () -> near(rowLosses(weighted, input, weightedRows), times(rows, weights)))
        .values(Column.EMPTY, "NaN", () -> loss(loss, NO_ROWS, Targets.classes(new int[0])));
  }

  private SemanticsLine crossEntropy() {
    Loss plain = CrossEntropy.builder().build();
    double[] costs = negativeLogSoftmax(LOGITS);
    return ofClasses(
            "CrossEntropy",
            CrossEntropy.builder().build(),
            CrossEntropy.builder().ignoreIndex(IGNORED_LABEL).build(),
            LOGITS,
            rowSums(times(ONE_HOT, costs)))
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    rowLosses(
                        CrossEntropy.builder().labelSmoothing(SMOOTHING).build(),
                        Matrix.of(LOGITS, 3, 3),
                        TARGETS),
                    rowSums(times(smoothedTowardThird(ONE_HOT), costs))))
        .values(Column.NAN, "NaN", () -> loss(plain, Double.NaN, 0, 0))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, IMPOSSIBLE, 0, 0),
            () -> loss(plain, IMPOSSIBLE, 0, 1));
  }

  private SemanticsLine ofDistributions() {
    CrossEntropy plain = CrossEntropy.builder().build();
    Loss weighted = CrossEntropy.builder().classWeights(CLASS_WEIGHTS).build();
    Matrix input = Matrix.of(LOGITS, 3, 3);
    Targets targets = Targets.probabilities(Matrix.of(SOFT, 3, 3));
    Targets weightedRows = targets.withSampleWeights(ROW_WEIGHTS);
    double[] costs = negativeLogSoftmax(LOGITS);
    double[] weightedCosts = indexed(costs, i -> CLASS_WEIGHTS[i % 3] * costs[i]);
    double[] rows = times(ROW_WEIGHTS, rowSums(times(SOFT, weightedCosts)));
    Matrix impossible = Matrix.of(new double[] {IMPOSSIBLE, 0}, 1, 2);
    return new SemanticsLine("batchloss", "CrossEntropy, probability targets")
        .check(
            Column.MEAN_OVER,
            "Σ s",
            () -> near(loss(weighted, input, weightedRows), sum(rows) / sum(ROW_WEIGHTS)))
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    rowLosses(
                        CrossEntropy.builder().labelSmoothing(SMOOTHING).build(), input, targets),
                    rowSums(times(smoothedTowardThird(SOFT), costs))))
        .values(
            Column.IGNORED,
            "refused",
            () -> loss(CrossEntropy.builder().ignoreIndex(IGNORED_LABEL).build(), input, targets))
        .check(
            Column.WEIGHTS,
            "class, row",
            () -> near(rowLosses(weighted, input, weightedRows), rows))
        .values(Column.EMPTY, "NaN", () -> loss(plain, NO_ROWS, Targets.probabilities(NO_ROWS)))
        .values(
            Column.NAN,
            "NaN",
            () -> loss(plain, Matrix.of(new double[] {Double.NaN, 0}, 1, 2), distribution(1, 0)))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, impossible, distribution(1, 0)),
            () -> loss(plain, impossible, distribution(0, 1)));
  }

  private static Targets distribution(double first, double second) {
    return Targets.probabilities(Matrix.of(new double[] {first, second}, 1, 2));
  }

  private static CrossEntropy.Builder builderOfProbabilities() {
    return CrossEntropy.builder().input(InputKind.PROBABILITIES);
  }

  private SemanticsLine ofProbabilities() {
    Loss plain = builderOfProbabilities().build();
    Loss clipped = builderOfProbabilities().clip(1e-3, 1).build();
    double[] costs = map(PROBABILITIES, p -> -Math.log(p));
    return ofClasses(
            "CrossEntropy, probabilities",
            builderOfProbabilities().build(),
            builderOfProbabilities().ignoreIndex(IGNORED_LABEL).build(),
            PROBABILITIES,
            rowSums(times(ONE_HOT, costs)))
        .check(
            Column.CLIPPING,
            "none unless set",
            () -> {
              near(loss(plain, 1e-9, 1, 0), -Math.log(1e-9));
              near(loss(clipped, 1e-9, 1, 0), -Math.log(1e-3));
            })
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    rowLosses(
                        builderOfProbabilities().labelSmoothing(SMOOTHING).build(),
                        Matrix.of(PROBABILITIES, 3, 3),
                        TARGETS),
                    rowSums(times(smoothedTowardThird(ONE_HOT), costs))))
        .values(Column.NAN, "refused", () -> loss(plain, Double.NaN, 1, 0))
        .values(
            Column.IMPOSSIBLE, "+∞ / 0", () -> loss(plain, 0, 1, 0), () -> loss(plain, 0, 1, 1));
  }

  private SemanticsLine focal() {
    Loss plain = SoftmaxFocal.builder().build();
    double[] p = softmax(LOGITS);
    double[] costs = indexed(p, i -> -(1 - p[i]) * (1 - p[i]) * Math.log(p[i]));
    return ofClasses(
            "SoftmaxFocal",
            SoftmaxFocal.builder().build(),
            SoftmaxFocal.builder().ignoreIndex(IGNORED_LABEL).build(),
            LOGITS,
            rowSums(times(ONE_HOT, costs)))
        .values(Column.NAN, "NaN", () -> loss(plain, Double.NaN, 0, 0))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, IMPOSSIBLE, 0, 0),
            () -> loss(plain, IMPOSSIBLE, 0, 1));
  }
}
