package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.ELEMENT_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.ROW_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.softmax;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.PairLoss;
import java.util.stream.Stream;

/** The lines of the core's losses of two rows. */
final class CorePairSemantics {
  /** Logits that make the other, or the first, of two classes impossible. */
  private static final double[] THE_FIRST = {0, IMPOSSIBLE};

  private static final double[] THE_OTHER = {IMPOSSIBLE, 0};

  private static final double[] P = softmax(LOGITS);
  private static final double[] Q = softmax(RegressionNumbers.Y);

  private final ValueCalls calls;

  CorePairSemantics(BatchLoss engine) {
    this.calls = new ValueCalls(engine);
  }

  Stream<SemanticsLine> lines() {
    PairLoss reverse =
        LogitsKlDivergence.builder().direction(LogitsKlDivergence.Direction.REVERSE).build();
    double[] middle = indexed(P, i -> (P[i] + Q[i]) / 2);
    double[] ofBoth = indexed(P, i -> divergence(P, middle)[i] / 2 + divergence(Q, middle)[i] / 2);
    return Stream.of(
        ofLogits(
            "LogitsKlDivergence", LogitsKlDivergence.builder().build(), divergence(Q, P), "+∞ / 0"),
        ofLogits("LogitsKlDivergence, reverse", reverse, divergence(P, Q), "+∞ / 0"),
        ofLogits("JensenShannon", JensenShannon.builder().build(), ofBoth, "0.69 / 0"),
        cosine(),
        categoricalHinge());
  }

  private static double[] divergence(double[] of, double[] from) {
    return indexed(of, i -> of[i] * Math.log(of[i] / from[i]));
  }

  /** The cells that these losses have in common, and what each of three rows costs. */
  private SemanticsLine line(String name, PairLoss loss, double[] y, double[] rows) {
    double[] weightedRows = times(ROW_WEIGHTS, rows);
    ValueTargets weighted = ValueCalls.targets(y).withSampleWeights(ROW_WEIGHTS);
    ValueTargets ofElements =
        ValueCalls.targets(y).withElementWeights(Matrix.of(ELEMENT_WEIGHTS, 3, 3));
    return new SemanticsLine("batchloss", name)
        .check(
            Column.MEAN_OVER,
            "Σ s",
            () -> near(calls.loss(loss, LOGITS, weighted), sum(weightedRows) / sum(ROW_WEIGHTS)))
        .check(
            Column.WEIGHTS,
            "row",
            () -> {
              near(calls.rowLosses(loss, LOGITS, weighted), weightedRows);
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> calls.loss(loss, LOGITS, ofElements))
                  .withMessageContaining("element weights");
            })
        .values(Column.EMPTY, "NaN", () -> calls.ofNothing(loss))
        .values(
            Column.NAN,
            "NaN",
            () -> calls.ofRow(loss, new double[] {Double.NaN, 0}, new double[] {1, 0}));
  }

  private SemanticsLine ofLogits(
      String name, PairLoss loss, double[] elements, String ofImpossible) {
    return line(name, loss, RegressionNumbers.Y, rowSums(elements))
        .values(
            Column.IMPOSSIBLE,
            ofImpossible,
            () -> calls.ofRow(loss, THE_OTHER, THE_FIRST),
            () -> calls.ofRow(loss, THE_OTHER, THE_OTHER));
  }

  private SemanticsLine cosine() {
    PairLoss plain = CosineSimilarity.builder().build();
    PairLoss exact = CosineSimilarity.builder().epsilon(0).build();
    double[] one = {1, 0};
    double[] tiny = {1e-9, 0};
    return line("CosineSimilarity", plain, RegressionNumbers.Y, RegressionNumbers.COSINES)
        .check(
            Column.CLIPPING,
            "norms ≥ 1e-7 unless set",
            () -> {
              near(calls.ofRow(plain, tiny, one), -0.01);
              near(calls.ofRow(plain, one, tiny), -0.01);
              near(calls.ofRow(exact, tiny, tiny), -1);
            })
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> calls.ofRow(plain, THE_OTHER, one),
            () -> calls.ofRow(plain, THE_OTHER, new double[] {0, 1}));
  }

  private SemanticsLine categoricalHinge() {
    PairLoss loss = CategoricalHinge.builder().build();
    return line("CategoricalHinge", loss, ONE_HOT, RegressionNumbers.CATEGORICAL_HINGES)
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> calls.ofRow(loss, THE_OTHER, new double[] {1, 0}),
            () -> calls.ofRow(loss, THE_OTHER, new double[] {0, 1}));
  }
}
