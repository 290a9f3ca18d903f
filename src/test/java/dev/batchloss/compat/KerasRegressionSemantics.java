package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.BITS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.row;
import static dev.batchloss.compat.SemanticsNumbers.rowMeans;
import static dev.batchloss.compat.SemanticsNumbers.rows;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The lines of Keras' losses of numbers that are no probabilities. */
final class KerasRegressionSemantics {
  private final BatchLoss engine;

  KerasRegressionSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        regression(), percentages(), logarithmic(), poisson(), hinges(), cosine(), classes());
  }

  /** An example of a loss of which each row is the mean of its elements. */
  private KerasExample ofMeans(KerasLoss<?> loss, double[] y, double[] x, double[] elements) {
    return new KerasExample(loss.on(engine), rows(y), rows(x), rowMeans(elements));
  }

  private KerasExample ofY(KerasLoss<?> loss, double[] elements) {
    return ofMeans(loss, RegressionNumbers.Y, LOGITS, elements);
  }

  private static double loss(KerasLoss<?> loss, double y, double x) {
    return loss.evaluate(row(y), row(x)).loss();
  }

  /** The cells that losses have in common. */
  private static SemanticsLine line(String names, List<KerasExample> examples) {
    return new SemanticsLine("Keras", names)
        .check(
            Column.MEAN_OVER,
            KerasExample.MEANS,
            () -> examples.forEach(KerasExample::dividesByTheNumberOfLosses))
        .check(Column.IGNORED, "mask", () -> examples.forEach(KerasExample::leavesOutWhatIsMasked))
        .check(Column.WEIGHTS, "row", () -> examples.forEach(KerasExample::weighsRows))
        .alike(Column.EMPTY, "0", suppliers(examples, KerasExample::ofNothing))
        .alike(
            Column.NAN,
            "NaN",
            suppliers(examples, each -> each.loss.evaluate(row(1, 0), row(Double.NaN, 0)).loss()));
  }

  private static DoubleSupplier[] suppliers(
      List<KerasExample> examples, ToDoubleFunction<KerasExample> value) {
    return examples.stream()
        .map(example -> (DoubleSupplier) () -> value.applyAsDouble(example))
        .toArray(DoubleSupplier[]::new);
  }

  private SemanticsLine regression() {
    List<KerasExample> examples =
        List.of(
            ofY(Keras.meanSquaredError(), RegressionNumbers.SQUARES),
            ofY(Keras.meanAbsoluteError(), RegressionNumbers.DISTANCES),
            ofY(Keras.huber(), RegressionNumbers.HUBER),
            ofY(Keras.logCosh(), RegressionNumbers.LOG_COSH));
    return line(RegressionNumbers.PLAIN, examples)
        .alike(
            Column.IMPOSSIBLE, "+∞", suppliers(examples, each -> loss(each.loss, 1, IMPOSSIBLE)));
  }

  private SemanticsLine percentages() {
    KerasExample example = ofY(Keras.meanAbsolutePercentageError(), RegressionNumbers.PERCENTAGES);
    return line("MeanAbsolutePercentageError", List.of(example))
        .check(
            Column.CLIPPING,
            "abs(y) ≥ 1e-7",
            () -> {
              near(loss(example.loss, 0, 1e-10), 0.1);
              near(loss(example.loss, -1e-9, 1e-10), 1.1);
              near(loss(example.loss, -2, 1), 150);
            })
        .values(Column.IMPOSSIBLE, "+∞", () -> loss(example.loss, 1, IMPOSSIBLE));
  }

  private SemanticsLine logarithmic() {
    KerasExample example =
        ofY(Keras.meanSquaredLogarithmicError(), RegressionNumbers.LOGARITHMIC_SQUARES);
    double wanted = Math.pow(Math.log(2) - Math.log1p(RegressionNumbers.EPSILON), 2);
    return line("MeanSquaredLogarithmicError", List.of(example))
        .check(
            Column.CLIPPING,
            "x, y ≥ 1e-7",
            () -> {
              near(loss(example.loss, 1, -3), wanted);
              near(loss(example.loss, -3, 1), wanted);
            })
        .values(Column.IMPOSSIBLE, "0.48", () -> loss(example.loss, 1, IMPOSSIBLE));
  }

  private SemanticsLine poisson() {
    KerasExample example =
        ofMeans(
            Keras.poisson(),
            RegressionNumbers.COUNTS,
            PROBABILITIES,
            RegressionNumbers.poisson(RegressionNumbers.EPSILON));
    return line("Poisson", List.of(example))
        .check(
            Column.CLIPPING,
            "log(x + 1e-7)",
            () -> {
              near(loss(example.loss, 2, 0), -2 * Math.log(1e-7));
              near(loss(example.loss, 2, 1e-7), 1e-7 - 2 * Math.log(2e-7));
            })
        .values(
            Column.IMPOSSIBLE,
            "16.12 / 0",
            () -> loss(example.loss, 1, 0),
            () -> loss(example.loss, 0, 0));
  }

  private SemanticsLine hinges() {
    List<KerasExample> examples =
        Stream.of(BITS, RegressionNumbers.SIGNS)
            .flatMap(
                labels ->
                    Stream.of(
                        ofMeans(Keras.hinge(), labels, LOGITS, RegressionNumbers.HINGES),
                        ofMeans(
                            Keras.squaredHinge(),
                            labels,
                            LOGITS,
                            RegressionNumbers.SQUARED_HINGES)))
            .toList();
    return line("Hinge, SquaredHinge", examples)
        .check(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> {
              for (KerasExample example : examples) {
                near(loss(example.loss, 1, IMPOSSIBLE), Double.POSITIVE_INFINITY);
                near(loss(example.loss, 0, IMPOSSIBLE), 0);
                near(loss(example.loss, -1, IMPOSSIBLE), 0);
              }
            });
  }

  private SemanticsLine cosine() {
    KerasCosineSimilarity loss = Keras.cosineSimilarity().on(engine);
    KerasExample example =
        new KerasExample(loss, rows(RegressionNumbers.Y), rows(LOGITS), RegressionNumbers.COSINES);
    return line("CosineSimilarity", List.of(example))
        .check(
            Column.CLIPPING,
            "norms ≥ 1e-7",
            () -> {
              near(loss.evaluate(row(1, 0), row(1e-9, 0)).loss(), -0.01);
              near(loss.evaluate(row(1e-9, 0), row(1, 0)).loss(), -0.01);
            })
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> loss.evaluate(row(1, 0), row(IMPOSSIBLE, 0)).loss(),
            () -> loss.evaluate(row(0, 1), row(IMPOSSIBLE, 0)).loss());
  }

  private SemanticsLine classes() {
    KerasComparison loss = Keras.categoricalHinge().on(engine);
    KerasExample example =
        new KerasExample(loss, rows(ONE_HOT), rows(LOGITS), RegressionNumbers.CATEGORICAL_HINGES);
    return line("CategoricalHinge", List.of(example))
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> loss.evaluate(row(1, 0), row(IMPOSSIBLE, 0)).loss(),
            () -> loss.evaluate(row(0, 1), row(IMPOSSIBLE, 0)).loss());
  }
}
