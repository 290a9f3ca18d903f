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
import static dev.batchloss.compat.ValueCalls.targets;
import static dev.batchloss.compat.ValueCalls.weighted;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.BinaryFocal;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.KlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.InputKind;
import java.util.stream.Stream;

/** The lines of the core's losses of elements that are probabilities, or their logits. */
final class CoreElementSemantics {
  private final ValueCalls calls;

  CoreElementSemantics(BatchLoss engine) {
    this.calls = new ValueCalls(engine);
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        binary(),
        binaryOfProbabilities(),
        binaryFocal(),
        divergence(),
        divergenceOfProbabilities());
  }

  /** The cells that losses have in common whose rows are means over their elements. */
  private SemanticsLine ofMeans(
      String name, ElementLoss loss, double[] x, double[] y, double[] elements) {
    double[] rows = times(ROW_WEIGHTS, rowSums(times(ELEMENT_WEIGHTS, elements)));
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "C·Σ s",
            () -> near(calls.loss(loss, x, weighted(y)), sum(rows) / (3 * sum(ROW_WEIGHTS))))
        .values(Column.EMPTY, "NaN", () -> calls.ofNothing(loss));
  }

  private SemanticsLine ofDivergences(String name, ElementLoss loss, double[] x, double[] rows) {
    double[] weightedRows = times(ROW_WEIGHTS, rows);
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "Σ s",
            () -> near(calls.loss(loss, x, weighted(SOFT)), sum(weightedRows) / sum(ROW_WEIGHTS)))
        .check(
            Column.WEIGHTS,
            "row, element",
            () -> near(calls.rowLosses(loss, x, weighted(SOFT)), weightedRows))
        .values(Column.EMPTY, "NaN", () -> calls.ofNothing(loss));
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
                    calls.rowLosses(
                        BinaryCrossEntropy.builder().input(input).labelSmoothing(SMOOTHING).build(),
                        x,
                        targets(BITS)),
                    rowMeans(binaryCrossEntropy(p, smoothedTowardHalf(BITS)))))
        .check(
            Column.WEIGHTS,
            "positive class, row, element",
            () ->
                near(
                    calls.rowLosses(
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
        .values(Column.NAN, "NaN", () -> calls.loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, IMPOSSIBLE, 1),
            () -> calls.loss(plain, IMPOSSIBLE, 0));
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
              near(calls.loss(plain, 1e-9, 1), -Math.log(1e-9));
              near(calls.loss(clipped, 1e-9, 1), -Math.log(1e-3));
              near(calls.loss(clipped, 1, 0), -Math.log(0.25));
            })
        .values(Column.NAN, "refused", () -> calls.loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, 0, 1),
            () -> calls.loss(plain, 0, 0));
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
                    calls.rowLosses(
                        BinaryFocal.builder().labelSmoothing(SMOOTHING).build(),
                        LOGITS,
                        targets(BITS)),
                    rowMeans(focal(p, smoothedTowardHalf(BITS)))))
        .check(
            Column.WEIGHTS,
            "row, element",
            () ->
                near(
                    calls.rowLosses(plain, LOGITS, weighted(BITS)),
                    times(ROW_WEIGHTS, rowMeans(times(ELEMENT_WEIGHTS, focal(p, BITS))))))
        .values(Column.NAN, "NaN", () -> calls.loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, IMPOSSIBLE, 1),
            () -> calls.loss(plain, IMPOSSIBLE, 0));
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
        .values(Column.NAN, "NaN", () -> calls.loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, IMPOSSIBLE, 1),
            () -> calls.loss(plain, IMPOSSIBLE, 0));
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
              near(calls.loss(plain, 1e-9, 1), -Math.log(1e-9));
              near(calls.loss(clipped, 1e-9, 1), -Math.log(1e-3));
              near(calls.loss(clipped, 0.5, 1e-9), 1e-3 * Math.log(1e-3 / 0.5));
            })
        .values(Column.NAN, "refused", () -> calls.loss(plain, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, 0, 1),
            () -> calls.loss(plain, 0, 0));
  }
}
