package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.BITS;
import static dev.batchloss.compat.SemanticsNumbers.CLASS_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.ELEMENT_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.LOG_PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
import static dev.batchloss.compat.SemanticsNumbers.ONE_IGNORED;
import static dev.batchloss.compat.SemanticsNumbers.PROBABILITIES;
import static dev.batchloss.compat.SemanticsNumbers.SMOOTHING;
import static dev.batchloss.compat.SemanticsNumbers.SOFT;
import static dev.batchloss.compat.SemanticsNumbers.binaryCrossEntropy;
import static dev.batchloss.compat.SemanticsNumbers.indexed;
import static dev.batchloss.compat.SemanticsNumbers.labels;
import static dev.batchloss.compat.SemanticsNumbers.map;
import static dev.batchloss.compat.SemanticsNumbers.mean;
import static dev.batchloss.compat.SemanticsNumbers.meanWithoutTheSecond;
import static dev.batchloss.compat.SemanticsNumbers.near;
import static dev.batchloss.compat.SemanticsNumbers.negativeLogSoftmax;
import static dev.batchloss.compat.SemanticsNumbers.noRows;
import static dev.batchloss.compat.SemanticsNumbers.row;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.rows;
import static dev.batchloss.compat.SemanticsNumbers.sigmoid;
import static dev.batchloss.compat.SemanticsNumbers.smoothedTowardThird;
import static dev.batchloss.compat.SemanticsNumbers.sum;
import static dev.batchloss.compat.SemanticsNumbers.times;
import static dev.batchloss.compat.SemanticsNumbers.vector;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import java.util.stream.Stream;

/** The lines of PyTorch. */
final class TorchSemantics {
  private final BatchLoss engine;

  TorchSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        crossEntropy(),
        ofProbabilityTargets(),
        nllLoss(),
        binary(),
        binaryWithLogits(),
        divergence(),
        squaresAndDistances(),
        huber(),
        smoothL1(),
        poisson());
  }

  private static SemanticsLine ignoringMinus100(
      SemanticsLine line, TorchLoss<?> loss, double[] x, double[] losses) {
    return line.check(
        Column.IGNORED,
        "−100",
        () ->
            near(loss.evaluate(rows(x), labels(ONE_IGNORED)).loss(), meanWithoutTheSecond(losses)));
  }

  private SemanticsLine crossEntropy() {
    TorchCrossEntropy loss = Torch.crossEntropy().on(engine);
    TorchCrossEntropy weighted = loss.weight(CLASS_WEIGHTS);
    double[] costs = negativeLogSoftmax(LOGITS);
    double[] losses = rowSums(times(ONE_HOT, costs));
    SemanticsLine line =
        ClassLossCells.of(
                "PyTorch",
                "cross_entropy",
                loss::evaluate,
                weighted::evaluate,
                weighted.reduction("sum")::evaluate,
                LOGITS,
                losses)
            .check(
                Column.SMOOTHING,
                "toward 1/C",
                () ->
                    near(
                        loss.labelSmoothing(SMOOTHING)
                            .evaluate(rows(LOGITS), labels(SemanticsNumbers.LABELS))
                            .loss(),
                        mean(rowSums(times(smoothedTowardThird(ONE_HOT), costs)))));
    return ignoringMinus100(line, loss, LOGITS, losses);
  }

  private SemanticsLine ofProbabilityTargets() {
    TorchCrossEntropy loss = Torch.crossEntropy().on(engine);
    double[] costs = negativeLogSoftmax(LOGITS);
    double[] weighted = indexed(costs, i -> CLASS_WEIGHTS[i % 3] * costs[i]);
    double[] losses = rowSums(times(SOFT, weighted));
    TorchCrossEntropy withWeights = loss.weight(CLASS_WEIGHTS);
    return new SemanticsLine("PyTorch", "cross_entropy, probability targets")
        .check(
            Column.MEAN_OVER,
            "rows",
            () -> near(withWeights.evaluate(rows(LOGITS), rows(SOFT)).loss(), sum(losses) / 3))
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    loss.labelSmoothing(SMOOTHING).evaluate(rows(LOGITS), rows(SOFT)).loss(),
                    mean(rowSums(times(smoothedTowardThird(SOFT), costs)))))
        .values(
            Column.IGNORED,
            "refused",
            () -> loss.ignoreIndex(0).evaluate(rows(LOGITS), rows(SOFT)).loss())
        .check(
            Column.WEIGHTS,
            "class",
            () ->
                near(
                    withWeights
                        .reduction("none")
                        .evaluate(rows(LOGITS), rows(SOFT))
                        .losses()
                        .toDoubles(),
                    losses))
        .values(Column.EMPTY, "NaN", () -> loss.evaluate(noRows(), noRows()).loss())
        .values(Column.NAN, "NaN", () -> loss.evaluate(row(Double.NaN, 0), row(1, 0)).loss())
        .values(
            Column.IMPOSSIBLE,
            "+∞ / NaN",
            () -> loss.evaluate(row(IMPOSSIBLE, 0), row(1, 0)).loss(),
            () -> loss.evaluate(row(IMPOSSIBLE, 0), row(0, 1)).loss());
  }

  private SemanticsLine nllLoss() {
    TorchNllLoss loss = Torch.nllLoss().on(engine);
    TorchNllLoss weighted = loss.weight(CLASS_WEIGHTS);
    double[] losses = rowSums(times(ONE_HOT, map(LOG_PROBABILITIES, x -> -x)));
    SemanticsLine line =
        ClassLossCells.of(
            "PyTorch",
            "nll_loss",
            loss::evaluate,
            weighted::evaluate,
            weighted.reduction("sum")::evaluate,
            LOG_PROBABILITIES,
            losses);
    return ignoringMinus100(line, loss, LOG_PROBABILITIES, losses);
  }

  private static double loss(TorchLoss<?> loss, double x, double y) {
    return loss.evaluate(vector(x), vector(y)).loss();
  }

  /** The cells of a loss whose mean divides by the number of elements, with weights or without. */
  private static SemanticsLine overElements(
      String name, TorchLoss<?> loss, double[] x, double[] y, double[] elements) {
    return new SemanticsLine("PyTorch", name)
        .check(
            Column.MEAN_OVER,
            "elements",
            () -> near(loss.evaluate(rows(x), rows(y)).loss(), sum(elements) / 9))
        .values(Column.EMPTY, "NaN", () -> loss.evaluate(noRows(), noRows()).loss());
  }

  private static SemanticsLine withElementWeights(
      SemanticsLine line, TorchLoss<?> weighted, double[] x, double[] y, double[] elements) {
    return line.check(
        Column.WEIGHTS,
        "element",
        () ->
            near(
                weighted.evaluate(rows(x), rows(y)).loss(),
                sum(times(ELEMENT_WEIGHTS, elements)) / 9));
  }

  private SemanticsLine binary() {
    TorchBinaryCrossEntropy loss = Torch.binaryCrossEntropy().on(engine);
    double[] elements = binaryCrossEntropy(PROBABILITIES, BITS);
    return withElementWeights(
            overElements("binary_cross_entropy", loss, PROBABILITIES, BITS, elements),
            loss.weight(rows(ELEMENT_WEIGHTS)),
            PROBABILITIES,
            BITS,
            elements)
        .check(
            Column.CLIPPING,
            "log p ≥ −100",
            () -> {
              near(loss(loss, 1e-40, 1), -Math.log(1e-40));
              near(loss(loss, 1e-50, 1), 100);
              near(loss(loss, 1, 0), 100);
            })
        .values(Column.NAN, "refused", () -> loss(loss, Double.NaN, 1))
        .values(Column.IMPOSSIBLE, "100 / 0", () -> loss(loss, 0, 1), () -> loss(loss, 0, 0));
  }

  private SemanticsLine binaryWithLogits() {
    TorchBinaryCrossEntropyWithLogits loss = Torch.binaryCrossEntropyWithLogits().on(engine);
    double[] elements = binaryCrossEntropy(sigmoid(LOGITS), BITS);
    double[] weighted =
        indexed(
            elements,
            i -> ELEMENT_WEIGHTS[i] * elements[i] * (BITS[i] == 1 ? CLASS_WEIGHTS[i % 3] : 1));
    TorchBinaryCrossEntropyWithLogits withWeights =
        loss.weight(rows(ELEMENT_WEIGHTS)).posWeight(CLASS_WEIGHTS);
    return overElements("binary_cross_entropy_with_logits", loss, LOGITS, BITS, elements)
        .check(
            Column.WEIGHTS,
            "positive class, element",
            () -> near(withWeights.evaluate(rows(LOGITS), rows(BITS)).loss(), sum(weighted) / 9))
        .values(Column.NAN, "NaN", () -> loss(loss, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> loss(loss, IMPOSSIBLE, 1),
            () -> loss(loss, IMPOSSIBLE, 0));
  }

  private SemanticsLine divergence() {
    TorchKlDiv loss = Torch.klDiv().on(engine);
    double[] elements =
        indexed(SOFT, i -> SOFT[i] == 0 ? 0 : SOFT[i] * (Math.log(SOFT[i]) - LOG_PROBABILITIES[i]));
    Tensor input = Tensor.of(LOG_PROBABILITIES, 3, 3);
    return new SemanticsLine("PyTorch", "kl_div")
        .check(
            Column.MEAN_OVER,
            "elements, or batch",
            () -> {
              near(loss.evaluate(input, rows(SOFT)).loss(), sum(elements) / 9);
              near(
                  loss.reduction("batchmean").evaluate(input, rows(SOFT)).loss(),
                  sum(elements) / 3);
            })
        .values(Column.EMPTY, "NaN", () -> loss.evaluate(noRows(), noRows()).loss())
        .values(Column.NAN, "NaN", () -> loss(loss, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / NaN",
            () -> loss(loss, IMPOSSIBLE, 1),
            () -> loss(loss, IMPOSSIBLE, 0));
  }

  private SemanticsLine squaresAndDistances() {
    TorchMseLoss squares = Torch.mseLoss().on(engine);
    TorchL1Loss distances = Torch.l1Loss().on(engine);
    Tensor weights = rows(ELEMENT_WEIGHTS);
    Tensor y = rows(RegressionNumbers.Y);
    double[] weightedSquares = times(ELEMENT_WEIGHTS, RegressionNumbers.SQUARES);
    double[] weightedDistances = times(ELEMENT_WEIGHTS, RegressionNumbers.DISTANCES);
    return new SemanticsLine("PyTorch", "mse_loss, l1_loss")
        .check(
            Column.MEAN_OVER,
            "Σ v",
            () -> {
              near(
                  squares.weight(weights).evaluate(rows(LOGITS), y).loss(),
                  sum(weightedSquares) / sum(ELEMENT_WEIGHTS));
              near(
                  distances.weight(weights).evaluate(rows(LOGITS), y).loss(),
                  sum(weightedDistances) / sum(ELEMENT_WEIGHTS));
            })
        .check(
            Column.WEIGHTS,
            "element",
            () -> {
              near(
                  squares.weight(weights).reduction("sum").evaluate(rows(LOGITS), y).loss(),
                  sum(weightedSquares));
              near(
                  distances.weight(weights).reduction("sum").evaluate(rows(LOGITS), y).loss(),
                  sum(weightedDistances));
            })
        .alike(
            Column.EMPTY,
            "NaN",
            () -> squares.evaluate(noRows(), noRows()).loss(),
            () -> distances.evaluate(noRows(), noRows()).loss())
        .alike(
            Column.NAN,
            "NaN",
            () -> loss(squares, Double.NaN, 1),
            () -> loss(distances, Double.NaN, 1))
        .alike(
            Column.IMPOSSIBLE,
            "+∞",
            () -> loss(squares, IMPOSSIBLE, 1),
            () -> loss(distances, IMPOSSIBLE, 1));
  }

  private SemanticsLine huber() {
    TorchHuberLoss loss = Torch.huberLoss().on(engine);
    return withElementWeights(
            overElements("huber_loss", loss, LOGITS, RegressionNumbers.Y, RegressionNumbers.HUBER),
            loss.weight(rows(ELEMENT_WEIGHTS)),
            LOGITS,
            RegressionNumbers.Y,
            RegressionNumbers.HUBER)
        .values(Column.NAN, "NaN", () -> loss(loss, Double.NaN, 1))
        .values(Column.IMPOSSIBLE, "+∞", () -> loss(loss, IMPOSSIBLE, 1));
  }

  /** With beta = 1 it is Huber's. */
  private SemanticsLine smoothL1() {
    TorchSmoothL1Loss loss = Torch.smoothL1Loss().on(engine);
    return overElements(
            "smooth_l1_loss", loss, LOGITS, RegressionNumbers.Y, RegressionNumbers.HUBER)
        .values(Column.NAN, "NaN", () -> loss(loss, Double.NaN, 1))
        .values(Column.IMPOSSIBLE, "+∞", () -> loss(loss, IMPOSSIBLE, 1));
  }

  private SemanticsLine poisson() {
    TorchPoissonNllLoss loss = Torch.poissonNllLoss().on(engine);
    double[] elements =
        indexed(LOGITS, i -> Math.exp(LOGITS[i]) - RegressionNumbers.Y[i] * LOGITS[i]);
    return overElements("poisson_nll_loss", loss, LOGITS, RegressionNumbers.Y, elements)
        .values(Column.NAN, "NaN", () -> loss(loss, Double.NaN, 1))
        .values(
            Column.IMPOSSIBLE,
            "+∞ / NaN",
            () -> loss(loss, IMPOSSIBLE, 1),
            () -> loss(loss, IMPOSSIBLE, 0));
  }
}
