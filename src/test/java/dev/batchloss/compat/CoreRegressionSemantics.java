package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.ELEMENT_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.rowMeans;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.loss.ElementLoss;
import dev.batchloss.loss.Hinge;
import dev.batchloss.loss.Huber;
import dev.batchloss.loss.LogCosh;
import dev.batchloss.loss.MeanAbsoluteError;
import dev.batchloss.loss.MeanAbsolutePercentageError;
import dev.batchloss.loss.MeanSquaredError;
import dev.batchloss.loss.MeanSquaredLogarithmicError;
import dev.batchloss.loss.Poisson;
import dev.batchloss.loss.PoissonInput;
import dev.batchloss.loss.SquaredHinge;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The lines of the core's losses of elements that are no probabilities. */
final class CoreRegressionSemantics {
  private final ValueCalls calls;

  CoreRegressionSemantics(BatchLoss engine) {
    this.calls = new ValueCalls(engine);
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        regression(), percentages(), logarithmic(), poisson(), poissonOfLogarithms(), hinges());
  }

  /** The cells that these losses have in common, and what each costs element by element. */
  private SemanticsLine line(
      String names, double[] x, double[] y, Map<ElementLoss, double[]> losses) {
    return new SemanticsLine("batchloss", names)
        .check(
            Column.MEAN_OVER,
            "C·Σ s",
            () ->
                losses.forEach(
                    (loss, elements) ->
                        near(
                            calls.loss(loss, x, ValueCalls.weighted(y)),
                            sum(weightedRows(elements)) / sum(ROW_WEIGHTS))))
        .check(
            Column.WEIGHTS,
            "row, element",
            () ->
                losses.forEach(
                    (loss, elements) ->
                        near(
                            calls.rowLosses(loss, x, ValueCalls.weighted(y)),
                            weightedRows(elements))))
        .alike(Column.EMPTY, "NaN", suppliers(losses, calls::ofNothing))
        .alike(Column.NAN, "NaN", suppliers(losses, loss -> calls.loss(loss, Double.NaN, 1)));
  }

  private static double[] weightedRows(double[] elements) {
    return times(ROW_WEIGHTS, rowMeans(times(ELEMENT_WEIGHTS, elements)));
  }

  private static DoubleSupplier[] suppliers(
      Map<ElementLoss, double[]> losses, ToDoubleFunction<ElementLoss> value) {
    return losses.keySet().stream()
        .map(loss -> (DoubleSupplier) () -> value.applyAsDouble(loss))
        .toArray(DoubleSupplier[]::new);
  }

  private SemanticsLine regression() {
    Map<ElementLoss, double[]> losses =
        Map.of(
            MeanSquaredError.builder().build(), RegressionNumbers.SQUARES,
            MeanAbsoluteError.builder().build(), RegressionNumbers.DISTANCES,
            Huber.builder().build(), RegressionNumbers.HUBER,
            LogCosh.builder().build(), RegressionNumbers.LOG_COSH);
    return line(RegressionNumbers.PLAIN, LOGITS, RegressionNumbers.Y, losses)
        .alike(Column.IMPOSSIBLE, "+∞", suppliers(losses, loss -> calls.loss(loss, IMPOSSIBLE, 1)));
  }

  private SemanticsLine percentages() {
    ElementLoss plain = MeanAbsolutePercentageError.builder().build();
    ElementLoss wide = MeanAbsolutePercentageError.builder().epsilon(0.5).build();
    return line(
            "MeanAbsolutePercentageError",
            LOGITS,
            RegressionNumbers.Y,
            Map.of(plain, RegressionNumbers.PERCENTAGES))
        .check(
            Column.CLIPPING,
            "abs(y) ≥ 1e-7 unless set",
            () -> {
              near(calls.loss(plain, 1e-10, 0), 0.1);
              near(calls.loss(wide, 1, -0.25), 250);
              near(calls.loss(wide, 1, 2), 50);
            })
        .values(Column.IMPOSSIBLE, "+∞", () -> calls.loss(plain, IMPOSSIBLE, 1));
  }

  private SemanticsLine logarithmic() {
    ElementLoss plain = MeanSquaredLogarithmicError.builder().build();
    ElementLoss wide = MeanSquaredLogarithmicError.builder().epsilon(0.5).build();
    return line(
            "MeanSquaredLogarithmicError",
            LOGITS,
            RegressionNumbers.Y,
            Map.of(plain, RegressionNumbers.LOGARITHMIC_SQUARES))
        .check(
            Column.CLIPPING,
            "x, y ≥ 1e-7 unless set",
            () -> {
              near(calls.loss(plain, -3, 1), Math.pow(Math.log1p(1e-7) - Math.log(2), 2));
              near(calls.loss(plain, 1, -3), Math.pow(Math.log(2) - Math.log1p(1e-7), 2));
              near(calls.loss(wide, 0, 1), Math.pow(Math.log(1.5) - Math.log(2), 2));
            })
        .values(Column.IMPOSSIBLE, "0.48", () -> calls.loss(plain, IMPOSSIBLE, 1));
  }

  private SemanticsLine poisson() {
    ElementLoss plain = Poisson.builder().input(PoissonInput.RATE).build();
    ElementLoss wide = Poisson.builder().input(PoissonInput.RATE).epsilon(0.5).build();
    return line(
            "Poisson",
            PROBABILITIES,
            RegressionNumbers.COUNTS,
            Map.of(plain, RegressionNumbers.poisson(1e-8)))
        .check(
            Column.CLIPPING,
            "log(x + 1e-8) unless set",
            () -> {
              near(calls.loss(plain, 0, 2), -2 * Math.log(1e-8));
              near(calls.loss(wide, 1, 2), 1 - 2 * Math.log(1.5));
            })
        .values(
            Column.IMPOSSIBLE,
            "18.42 / 0",
            () -> calls.loss(plain, 0, 1),
            () -> calls.loss(plain, 0, 0));
  }

  private SemanticsLine poissonOfLogarithms() {
    ElementLoss plain = Poisson.builder().input(PoissonInput.LOG_RATE).build();
    double[] counts = RegressionNumbers.COUNTS;
    double[] elements = indexed(counts, i -> Math.exp(LOGITS[i]) - counts[i] * LOGITS[i]);
    return line("Poisson, logarithms of rates", LOGITS, counts, Map.of(plain, elements))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> calls.loss(plain, IMPOSSIBLE, 1),
            () -> calls.loss(plain, IMPOSSIBLE, 0));
  }

  private SemanticsLine hinges() {
    Map<ElementLoss, double[]> losses =
        Map.of(
            Hinge.builder().build(), RegressionNumbers.HINGES,
            SquaredHinge.builder().build(), RegressionNumbers.SQUARED_HINGES);
    return line("Hinge, SquaredHinge", LOGITS, RegressionNumbers.SIGNS, losses)
        .check(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> {
              for (ElementLoss loss : losses.keySet()) {
                near(calls.loss(loss, IMPOSSIBLE, 1), Double.POSITIVE_INFINITY);
                near(calls.loss(loss, IMPOSSIBLE, -1), 0);
              }
            });
  }
}
