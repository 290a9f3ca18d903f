package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.BITS;
import static dev.batchloss.compat.SemanticsNumbers.CLASS_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.ELEMENT_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.LOG_PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.SMOOTHING;
import static dev.batchloss.compat.SemanticsNumbers.SOFT;
import static dev.batchloss.compat.SemanticsNumbers.binaryCrossEntropy;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.rowMeans;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.sigmoid;
import static dev.batchloss.compat.SemanticsNumbers.smoothedTowardHalf;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.BinaryFocal;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Stream;

/** The lines of the core's losses of elements. */
final class CoreElementSemantics {
  private static final Matrix NO_ROWS = Matrix.of(new double[0], 0, 3);

  private final BatchLoss engine;

  CoreElementSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        binary(),
        binaryOfProbabilities(),
        binaryFocal(),
        divergence(),
        divergenceOfProbabilities(),
        regression());
  }

  private static ValueTargets targets(double[] values) {
    return Targets.values(Matrix.of(values, 3, 3));
  }

  private static ValueTargets weighted(double[] values) {
    return targets(values)
        .withElementWeights(Matrix.of(ELEMENT_WEIGHTS, 3, 3))
        .withSampleWeights(ROW_WEIGHTS);
  }

  private double loss(Loss loss, double[] x, Targets targets) {
    return engine.evaluate(loss, Matrix.of(x, 3, 3), targets).loss();
  }

  private double[] rowLosses(Loss loss, double[] x, Targets targets) {
    return engine
        .evaluate(loss.withReduction(Reduction.NONE), Matrix.of(x, 3, 3), targets)
        .rowLosses();
  }

  /** The loss of one element. */
  private double loss(Loss loss, double x, double y) {
    Matrix target = Matrix.of(new double[] {y}, 1, 1);
    return engine.evaluate(loss, Matrix.of(new double[] {x}, 1, 1), Targets.values(target)).loss();
  }

  private DoubleSupplier empty(Loss loss) {
    return () -> engine.evaluate(loss, NO_ROWS, Targets.values(NO_ROWS)).loss();
  }

  /** The cells that losses have in common whose rows are means over their elements. */
  private SemanticsLine ofMeans(
      String name, ElementLoss loss, double[] x, double[] y, double[] elements) {
    double[] rows = times(ROW_WEIGHTS, rowSums(times(ELEMENT_WEIGHTS, elements)));
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "C·Σ s",
            () -> near(loss(loss, x, weighted(y)), sum(rows) / (3 * sum(ROW_WEIGHTS))))
        .values(Column.EMPTY, "NaN", empty(loss));
  }

  private SemanticsLine ofDivergences(String name, ElementLoss loss, double[] x, double[] rows) {
    double[] weightedRows = times(ROW_WEIGHTS, rows);
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "Σ s",
            () -> near(loss(loss, x, weighted(SOFT)), sum(weightedRows) / sum(ROW_WEIGHTS)))
        .check(
            Column.WEIGHTS,
            "row, element",
            () -> near(rowLosses(loss, x, weighted(SOFT)), weightedRows))
        .values(Column.EMPTY, "NaN", empty(loss));
  }

  /** The weights of each element where the positive class has {@code CLASS_WEIGHTS}. */
  private static double[] withPositiveWeights(double[] elements) {
    return indexed(elements, i -> elements[i] * (BITS[i] == 1 ? CLASS_WEIGHTS[i % 3] : 1));
  }

  private SemanticsLine binaryCells(InputKind input, String name, double[] x, double[] p) {
    ElementLoss plain = BinaryCrossEntropy.builder().input(input).build();
    double[] elements = binaryCrossEntropy(p, BITS);
    return ofMeans(name, plain, x, BITS, elements)
        .check(
            Column.SMOOTHING,
            "toward ½",
            () ->
                near(
                    rowLosses(
                        BinaryCrossEntropy.builder().input(input).labelSmoothing(SMOOTHING).build(),
                        x,
                        targets(BITS)),
                    rowMeans(binaryCrossEntropy(p, smoothedTowardHalf(BITS)))))
        .check(
            Column.WEIGHTS,
            "positive class, row, element",
            () ->
                near(
                    rowLosses(
                        BinaryCrossEntropy.builder()
                            .input(input)
                            .positiveWeights(CLASS_WEIGHTS)
                            .build(),
                        x,
                        weighted(BITS)),
                    times(
                        ROW_WEIGHTS,
                        rowMeans(times(ELEMENT_WEIGHTS, withPositiveWeights(elements))))));
  }

  private SemanticsLine binary() {
    Loss plain = BinaryCrossEntropy.builder().build();
    return binaryCells(InputKind.LOGITS, "BinaryCrossEntropy", LOGITS, sigmoid(LOGITS))
        .values(Column.NAN, "NaN", () -> loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, IMPOSSIBLE, 1),
            () -> loss(plain, IMPOSSIBLE, 0));
  }

  private SemanticsLine binaryOfProbabilities() {
    InputKind input = InputKind.PROBABILITIES;
    Loss plain = BinaryCrossEntropy.builder().input(input).build();
    Loss clipped = BinaryCrossEntropy.builder().input(input).clip(1e-3, 0.75).build();
    return binaryCells(input, "BinaryCrossEntropy, probabilities", PROBABILITIES, PROBABILITIES)
        .check(
            Column.CLIPPING,
            "none unless set",
            () -> {
              near(loss(plain, 1e-9, 1), -Math.log(1e-9));
              near(loss(clipped, 1e-9, 1), -Math.log(1e-3));
              near(loss(clipped, 1, 0), -Math.log(0.25));
            })
        .values(Column.NAN, "refused", () -> loss(plain, Double.NaN, 1))
        .values(Column.IMPOSSIBLE, "+∞ / 0", () -> loss(plain, 0, 1), () -> loss(plain, 0, 0));
  }

  private SemanticsLine binaryFocal() {
    ElementLoss plain = BinaryFocal.builder().build();
    double[] p = sigmoid(LOGITS);
    return ofMeans("BinaryFocal", plain, LOGITS, BITS, focal(p, BITS))
        .check(
            Column.SMOOTHING,
            "toward ½",
            () ->
                near(
                    rowLosses(
                        BinaryFocal.builder().labelSmoothing(SMOOTHING).build(),
                        LOGITS,
                        targets(BITS)),
                    rowMeans(focal(p, smoothedTowardHalf(BITS)))))
        .check(
            Column.WEIGHTS,
            "row, element",
            () ->
                near(
                    rowLosses(plain, LOGITS, weighted(BITS)),
                    times(ROW_WEIGHTS, rowMeans(times(ELEMENT_WEIGHTS, focal(p, BITS))))))
        .values(Column.NAN, "NaN", () -> loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, IMPOSSIBLE, 1),
            () -> loss(plain, IMPOSSIBLE, 0));
  }

  private static double[] focal(double[] p, double[] y) {
    double[] costs = binaryCrossEntropy(p, y);
    return indexed(
        p,
        i -> {
          double right = y[i] * p[i] + (1 - y[i]) * (1 - p[i]);
          return (1 - right) * (1 - right) * costs[i];
        });
  }

  /** y·log(y/p), 0 where y is 0. */
  private static double[] divergences(double[] y, double[] p) {
    return indexed(y, i -> y[i] == 0 ? 0 : y[i] * Math.log(y[i] / p[i]));
  }

  private SemanticsLine divergence() {
    ElementLoss plain = KlDivergence.builder().build();
    double[] rows = rowSums(times(ELEMENT_WEIGHTS, divergences(SOFT, PROBABILITIES)));
    return ofDivergences("KlDivergence", plain, LOG_PROBABILITIES, rows)
        .values(Column.NAN, "NaN", () -> loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss(plain, IMPOSSIBLE, 1),
            () -> loss(plain, IMPOSSIBLE, 0));
  }

  private SemanticsLine divergenceOfProbabilities() {
    InputKind input = InputKind.PROBABILITIES;
    ElementLoss plain = KlDivergence.builder().input(input).build();
    Loss clipped = KlDivergence.builder().input(input).clip(1e-3, 1).build();
    double[] rows = rowSums(times(ELEMENT_WEIGHTS, divergences(SOFT, PROBABILITIES)));
    return ofDivergences("KlDivergence, probabilities", plain, PROBABILITIES, rows)
        .check(
            Column.CLIPPING,
            "none unless set",
            () -> {
              near(loss(plain, 1e-9, 1), -Math.log(1e-9));
              near(loss(clipped, 1e-9, 1), -Math.log(1e-3));
              near(loss(clipped, 0.5, 1e-9), 1e-3 * Math.log(1e-3 / 0.5));
            })
        .values(Column.NAN, "refused", () -> loss(plain, Double.NaN, 1))
        .values(Column.IMPOSSIBLE, "+∞ / 0", () -> loss(plain, 0, 1), () -> loss(plain, 0, 0));
  }

  private SemanticsLine regression() {
    Map<ElementLoss, double[]> losses =
        Map.of(
            MeanSquaredError.builder().build(), Regression.SQUARES,
            MeanAbsoluteError.builder().build(), Regression.DISTANCES,
            Huber.builder().build(), Regression.HUBER,
            LogCosh.builder().build(), Regression.LOG_COSH);
    return new SemanticsLine("batchloss", Regression.NAMES)
        .check(
            Column.MEAN_OVER,
            "C·Σ s",
            () ->
                losses.forEach(
                    (loss, elements) -> {
                      double[] rows = times(ROW_WEIGHTS, rowSums(times(ELEMENT_WEIGHTS, elements)));
                      near(
                          loss(loss, LOGITS, weighted(Regression.Y)),
                          sum(rows) / (3 * sum(ROW_WEIGHTS)));
                    }))
        .check(
            Column.WEIGHTS,
            "row, element",
            () ->
                losses.forEach(
                    (loss, elements) ->
                        near(
                            rowLosses(loss, LOGITS, weighted(Regression.Y)),
                            times(ROW_WEIGHTS, rowMeans(times(ELEMENT_WEIGHTS, elements))))))
        .alike(Column.EMPTY, "NaN", suppliers(losses, this::empty))
        .alike(Column.NAN, "NaN", suppliers(losses, loss -> () -> loss(loss, Double.NaN, 1)))
        .alike(Column.IMPOSSIBLE, "+∞", suppliers(losses, loss -> () -> loss(loss, IMPOSSIBLE, 1)));
  }

  private static DoubleSupplier[] suppliers(
      Map<ElementLoss, double[]> losses, Function<ElementLoss, DoubleSupplier> supplier) {
    return losses.keySet().stream().map(supplier).toArray(DoubleSupplier[]::new);
  }

  /** Losses of x = LOGITS and y = Y, by their definitions. */
  static final class Regression {
    static final String NAMES = "MeanSquaredError, MeanAbsoluteError, Huber, LogCosh";
    static final double[] Y = {1.5, 1, -2, 0, 0.5, 1, 0.25, 4, -0.75};
    static final double[] DISTANCES = indexed(Y, i -> Math.abs(LOGITS[i] - Y[i]));
    static final double[] SQUARES = times(DISTANCES, DISTANCES);
    static final double[] HUBER =
        indexed(Y, i -> DISTANCES[i] <= 1 ? SQUARES[i] / 2 : DISTANCES[i] - 0.5);
    static final double[] LOG_COSH = indexed(Y, i -> Math.log(Math.cosh(DISTANCES[i])));

    private Regression() {}
  }
}
