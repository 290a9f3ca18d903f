package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.LABELS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.map;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.noRows;
import static dev.batchloss.compat.SemanticsNumbers.row;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.rows;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import java.util.stream.Stream;

/** The lines of scikit-learn. */
final class SklearnSemantics {
  /** The machine epsilon of FLOAT64, and of FLOAT32. */
  private static final double EPSILON = 0x1p-52;

  private static final double FLOAT_EPSILON = 0x1p-23;

  private static final Labels BOTH = Labels.of(0, 1);

  private final BatchLoss engine;

  SklearnSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(since15(), before15());
  }

  /** The loss of one row of two classes. */
  private static double loss(SklearnLogLoss loss, double first, double second, int label) {
    return loss.labels(BOTH).evaluate(Labels.of(label), row(first, second)).loss();
  }

  /** The cells that all versions have in common. */
  private static SemanticsLine line(String name, SklearnLogLoss loss) {
    double[] losses =
        times(ROW_WEIGHTS, rowSums(times(ONE_HOT, map(PROBABILITIES, p -> -Math.log(p)))));
    SklearnLogLoss weighted = loss.sampleWeight(ROW_WEIGHTS);
    return new SemanticsLine("scikit-learn", name)
        .check(
            Column.MEAN_OVER,
            "Σ s",
            () ->
                near(
                    weighted.evaluate(Labels.of(LABELS), rows(PROBABILITIES)).loss(),
                    sum(losses) / sum(ROW_WEIGHTS)))
        .check(
            Column.WEIGHTS,
            "row",
            () ->
                near(
                    weighted
                        .notNormalized()
                        .evaluate(Labels.of(LABELS), rows(PROBABILITIES))
                        .loss(),
                    sum(losses)))
        .values(
            Column.EMPTY, "refused", () -> loss.evaluate(Labels.of(new long[0]), noRows()).loss())
        .values(Column.NAN, "refused", () -> loss(loss, Double.NaN, 1, 0))
        .values(
            Column.IMPOSSIBLE,
            "36.04 / 2.2e-16",
            () -> loss(loss, 0, 1, 0),
            () -> loss(loss, 0, 1, 1));
  }

  private SemanticsLine since15() {
    SklearnLogLoss loss = Sklearn.logLoss().on(engine);
    return line("log_loss, 1.5 and later", loss)
        .check(
            Column.CLIPPING,
            "ε … 1−ε",
            () -> {
              near(loss(loss, 0, 1, 0), -Math.log(EPSILON));
              near(loss(loss, 0.5, 0.25, 0), -Math.log(0.5));
              Tensor floats = Tensor.of(new float[] {0, 1}, 1, 2);
              near(
                  loss.labels(BOTH).evaluate(Labels.of(0), floats).loss(),
                  -Math.log(FLOAT_EPSILON));
            });
  }

  private SemanticsLine before15() {
    SklearnLogLoss loss = Sklearn.logLoss().epsAuto().on(engine);
    return line("log_loss, before 1.5", loss)
        .check(
            Column.CLIPPING,
            "ε … 1−ε, then x/Σx",
            () -> {
              near(loss(loss, 0, 1, 0), -Math.log(EPSILON));
              near(loss(loss, 0.5, 0.25, 0), -Math.log(0.5 / 0.75));
              near(loss(loss.eps(0.1), 0, 0.3, 0), -Math.log(0.1 / (0.1 + 0.3)));
            })
        .check(
            Column.IGNORED,
            "unknown labels cost 0",
            () ->
                near(
                    loss.labels(BOTH)
                        .evaluate(
                            Labels.of(0, 7), Tensor.of(new double[] {0.3, 0.7, 0.5, 0.5}, 2, 2))
                        .loss(),
                    -Math.log(0.3) / 2));
  }
}
