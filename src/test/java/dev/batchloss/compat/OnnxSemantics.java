package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.CLASS_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IGNORED_LABEL;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.LOG_PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.ONE_IGNORED;
import static dev.batchloss.compat.SemanticsNumbers.labels;
import static dev.batchloss.compat.SemanticsNumbers.map;
import static dev.batchloss.compat.SemanticsNumbers.meanWithoutTheSecond;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.negativeLogSoftmax;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.rows;
import static dev.batchloss.compat.SemanticsNumbers.times;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import dev.batchloss.data.InvalidTargetException;
import java.util.stream.Stream;

/** The lines of ONNX. */
final class OnnxSemantics {
  private final BatchLoss engine;

  OnnxSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        line(
            "SoftmaxCrossEntropyLoss",
            Onnx.softmaxCrossEntropyLoss().on(engine),
            LOGITS,
            negativeLogSoftmax(LOGITS)),
        line(
            "NegativeLogLikelihoodLoss",
            Onnx.negativeLogLikelihoodLoss().on(engine),
            LOG_PROBABILITIES,
            map(LOG_PROBABILITIES, x -> -x)));
  }

  private static SemanticsLine line(String name, OnnxLoss loss, double[] x, double[] costs) {
    double[] losses = rowSums(times(ONE_HOT, costs));
    OnnxLoss weighted = loss.weights(CLASS_WEIGHTS);
    OnnxLoss sum = weighted.reduction("sum");
    return ClassLossCells.of(
            "ONNX", name, loss::evaluate, weighted::evaluate, sum::evaluate, x, losses)
        .check(
            Column.IGNORED,
            "none unless set",
            () -> {
              Tensor targets = labels(ONE_IGNORED);
              assertThatThrownBy(() -> loss.evaluate(rows(x), targets))
                  .isInstanceOf(InvalidTargetException.class);
              near(
                  loss.ignoreIndex(IGNORED_LABEL).evaluate(rows(x), targets).loss(),
                  meanWithoutTheSecond(losses));
            });
  }
}
