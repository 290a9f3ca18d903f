package dev.batchloss.compat;

import static dev.batchloss.compat.SemanticsNumbers.BITS;
import static dev.batchloss.compat.SemanticsNumbers.CLASS_WEIGHTS;
import static dev.batchloss.compat.SemanticsNumbers.IMPOSSIBLE;
import static dev.batchloss.compat.SemanticsNumbers.LABELS;
import static dev.batchloss.compat.SemanticsNumbers.LOGITS;
import static dev.batchloss.compat.SemanticsNumbers.ONE_HOT;
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
import static dev.batchloss.compat.SemanticsNumbers.row;
import static dev.batchloss.compat.SemanticsNumbers.rowMeans;
import static dev.batchloss.compat.SemanticsNumbers.rowSums;
import static dev.batchloss.compat.SemanticsNumbers.rows;
import static dev.batchloss.compat.SemanticsNumbers.sigmoid;
import static dev.batchloss.compat.SemanticsNumbers.smoothedTowardHalf;
import static dev.batchloss.compat.SemanticsNumbers.smoothedTowardThird;
import static dev.batchloss.compat.SemanticsNumbers.times;

import dev.batchloss.BatchLoss;
import dev.batchloss.compat.SemanticsLine.Column;
import java.util.function.Function;
import java.util.stream.Stream;

/** The lines of Keras' losses of probabilities. */
final class KerasSemantics {
  private static final double EPSILON = 1e-7;

  private static final double[] COSTS = map(PROBABILITIES, p -> -Math.log(p));
  private static final Tensor Y_OF_CLASSES = rows(ONE_HOT);
  private static final Tensor Y_OF_BITS = rows(BITS);
  private static final Tensor Y_OF_LABELS = labels(LABELS);

  private final BatchLoss engine;

  KerasSemantics(BatchLoss engine) {
    this.engine = engine;
  }

  Stream<SemanticsLine> lines() {
    return Stream.of(
        categorical(),
        categoricalFromLogits(),
        sparse(),
        sparseFromLogits(),
        binary(),
        binaryFromLogits(),
        categoricalFocal(),
        binaryFocal(),
        generalized(),
        divergence());
  }

  /** Divided by the sum and then clipped: rows of two, the label being the first. */
  private static void dividesAndClips(Function<Tensor, TensorLoss> loss) {
    near(loss.apply(row(1, 3)).loss(), -Math.log(0.25));
    near(loss.apply(row(0, 3)).loss(), -Math.log(EPSILON));
    near(loss.apply(row(3, 0)).loss(), -Math.log(1 - EPSILON));
  }

  private SemanticsLine categorical() {
    KerasCategoricalCrossentropy loss = Keras.categoricalCrossentropy().on(engine);
    KerasExample example =
        new KerasExample(loss, Y_OF_CLASSES, rows(PROBABILITIES), rowSums(times(ONE_HOT, COSTS)));
    return example
        .line("CategoricalCrossentropy")
        .check(
            Column.CLIPPING,
            "x/Σx, then 1e-7 … 1−1e-7",
            () -> dividesAndClips(yPred -> loss.evaluate(row(1, 0), yPred)))
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    loss.labelSmoothing(SMOOTHING)
                        .evaluate(Y_OF_CLASSES, rows(PROBABILITIES))
                        .loss(),
                    mean(rowSums(times(smoothedTowardThird(ONE_HOT), COSTS)))))
        .values(Column.NAN, "NaN", () -> loss.evaluate(row(1, 0), row(Double.NaN, 1)).loss())
        .values(
            Column.IMPOSSIBLE,
            "16.12 / 1.0e-7",
            () -> loss.evaluate(row(1, 0), row(0, 1)).loss(),
            () -> loss.evaluate(row(0, 1), row(0, 1)).loss());
  }

  private SemanticsLine categoricalFromLogits() {
    KerasCategoricalCrossentropy loss = Keras.categoricalCrossentropy().fromLogits().on(engine);
    double[] costs = negativeLogSoftmax(LOGITS);
    KerasExample example =
        new KerasExample(loss, Y_OF_CLASSES, rows(LOGITS), rowSums(times(ONE_HOT, costs)));
    return example
        .line("CategoricalCrossentropy, from_logits")
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    loss.labelSmoothing(SMOOTHING).evaluate(Y_OF_CLASSES, rows(LOGITS)).loss(),
                    mean(rowSums(times(smoothedTowardThird(ONE_HOT), costs)))))
        .values(Column.NAN, "NaN", () -> loss.evaluate(row(1, 0), row(Double.NaN, 0)).loss())
        .values(
            Column.IMPOSSIBLE,
            "+∞ / NaN",
            () -> loss.evaluate(row(1, 0), row(IMPOSSIBLE, 0)).loss(),
            () -> loss.evaluate(row(0, 1), row(IMPOSSIBLE, 0)).loss());
  }

  private static SemanticsLine ignoringClass(
      SemanticsLine line, KerasExample example, KerasLoss<?> ignoring) {
    return line.check(
        Column.IGNORED,
        "mask, `ignore_class`",
        () -> {
          example.leavesOutWhatIsMasked();
          near(
              ignoring.evaluate(Y_OF_LABELS, example.yPred).loss(),
              meanWithoutTheSecond(example.losses));
        });
  }

  private SemanticsLine sparse() {
    KerasSparseCategoricalCrossentropy loss = Keras.sparseCategoricalCrossentropy().on(engine);
    KerasExample example =
        new KerasExample(loss, Y_OF_LABELS, rows(PROBABILITIES), rowSums(times(ONE_HOT, COSTS)));
    return ignoringClass(
            example.line("SparseCategoricalCrossentropy"), example, loss.ignoreClass(LABELS[1]))
        .check(
            Column.CLIPPING,
            "x/Σx, then 1e-7 … 1−1e-7",
            () -> dividesAndClips(yPred -> loss.evaluate(labels(0), yPred)))
        .values(Column.NAN, "NaN", () -> loss.evaluate(labels(0), row(Double.NaN, 1)).loss())
        .values(
            Column.IMPOSSIBLE,
            "16.12 / 1.0e-7",
            () -> loss.evaluate(labels(0), row(0, 1)).loss(),
            () -> loss.evaluate(labels(1), row(0, 1)).loss());
  }

  private SemanticsLine sparseFromLogits() {
    KerasSparseCategoricalCrossentropy loss =
        Keras.sparseCategoricalCrossentropy().fromLogits().on(engine);
    KerasExample example =
        new KerasExample(
            loss, Y_OF_LABELS, rows(LOGITS), rowSums(times(ONE_HOT, negativeLogSoftmax(LOGITS))));
    return ignoringClass(
            example.line("SparseCategoricalCrossentropy, from_logits"),
            example,
            loss.ignoreClass(LABELS[1]))
        .values(Column.NAN, "NaN", () -> loss.evaluate(labels(0), row(Double.NaN, 0)).loss())
        .values(
            Column.IMPOSSIBLE,
            "+∞ / 0",
            () -> loss.evaluate(labels(0), row(IMPOSSIBLE, 0)).loss(),
            () -> loss.evaluate(labels(1), row(IMPOSSIBLE, 0)).loss());
  }

  /** The loss of one element. */
  private static double loss(KerasLoss<?> loss, double y, double p) {
    return loss.evaluate(row(y), row(p)).loss();
  }

  private static SemanticsLine drawnTowardHalf(
      SemanticsLine line, KerasLoss<?> smoothed, Tensor yPred, double[] elements) {
    return line.check(
        Column.SMOOTHING,
        "toward ½",
        () -> near(smoothed.evaluate(Y_OF_BITS, yPred).loss(), mean(elements)));
  }

  private SemanticsLine binary() {
    KerasBinaryCrossentropy loss = Keras.binaryCrossentropy().on(engine);
    Tensor yPred = rows(PROBABILITIES);
    KerasExample example =
        new KerasExample(loss, Y_OF_BITS, yPred, rowMeans(binaryCrossEntropy(PROBABILITIES, BITS)));
    return drawnTowardHalf(
            example.line("BinaryCrossentropy"),
            loss.labelSmoothing(SMOOTHING),
            yPred,
            binaryCrossEntropy(PROBABILITIES, smoothedTowardHalf(BITS)))
        .check(
            Column.CLIPPING,
            "1e-7 … 1−1e-7",
            () -> {
              near(loss(loss, 1, 0.25), -Math.log(0.25));
              near(loss(loss, 1, 0), -Math.log(EPSILON));
              near(loss(loss, 1, 3), -Math.log(1 - EPSILON));
            })
        .values(Column.NAN, "NaN", () -> loss(loss, 1, Double.NaN))
        .values(
            Column.IMPOSSIBLE, "16.12 / 1.0e-7", () -> loss(loss, 1, 0), () -> loss(loss, 0, 0));
  }

  private SemanticsLine binaryFromLogits() {
    KerasBinaryCrossentropy loss = Keras.binaryCrossentropy().fromLogits().on(engine);
    Tensor yPred = rows(LOGITS);
    double[] p = sigmoid(LOGITS);
    KerasExample example =
        new KerasExample(loss, Y_OF_BITS, yPred, rowMeans(binaryCrossEntropy(p, BITS)));
    return drawnTowardHalf(
            example.line("BinaryCrossentropy, from_logits"),
            loss.labelSmoothing(SMOOTHING),
            yPred,
            binaryCrossEntropy(p, smoothedTowardHalf(BITS)))
        .values(Column.NAN, "NaN", () -> loss(loss, 1, Double.NaN))
        .values(
            Column.IMPOSSIBLE,
            "NaN / NaN",
            () -> loss(loss, 1, IMPOSSIBLE),
            () -> loss(loss, 0, IMPOSSIBLE));
  }

  private SemanticsLine categoricalFocal() {
    KerasCategoricalFocalCrossentropy loss = Keras.categoricalFocalCrossentropy().on(engine);
    double[] costs =
        indexed(COSTS, i -> 0.25 * (1 - PROBABILITIES[i]) * (1 - PROBABILITIES[i]) * COSTS[i]);
    KerasExample example =
        new KerasExample(loss, Y_OF_CLASSES, rows(PROBABILITIES), rowSums(times(ONE_HOT, costs)));
    double[] balanced = indexed(costs, i -> 4 * CLASS_WEIGHTS[i % 3] * costs[i]);
    return example
        .line("CategoricalFocalCrossentropy")
        .check(
            Column.CLIPPING,
            "x/Σx, then 1e-7 … 1−1e-7",
            () -> dividesAndClips(yPred -> loss.alpha(1).gamma(0).evaluate(row(1, 0), yPred)))
        .check(
            Column.SMOOTHING,
            "toward 1/C",
            () ->
                near(
                    loss.labelSmoothing(SMOOTHING)
                        .evaluate(Y_OF_CLASSES, rows(PROBABILITIES))
                        .loss(),
                    mean(rowSums(times(smoothedTowardThird(ONE_HOT), costs)))))
        .check(
            Column.WEIGHTS,
            "class, row",
            () ->
                new KerasExample(
                        loss.alpha(CLASS_WEIGHTS),
                        Y_OF_CLASSES,
                        rows(PROBABILITIES),
                        rowSums(times(ONE_HOT, balanced)))
                    .weighsRows())
        .values(Column.NAN, "NaN", () -> loss.evaluate(row(1, 0), row(Double.NaN, 1)).loss())
        .values(
            Column.IMPOSSIBLE,
            "4.03 / 2.5e-22",
            () -> loss.evaluate(row(1, 0), row(0, 1)).loss(),
            () -> loss.evaluate(row(0, 1), row(0, 1)).loss());
  }

  /** With gamma 2. */
  private static double[] binaryFocalElements(double[] y) {
    double[] costs = binaryCrossEntropy(PROBABILITIES, y);
    return indexed(
        y,
        i -> {
          double p = PROBABILITIES[i];
          double wrong = 1 - y[i] * p - (1 - y[i]) * (1 - p);
          return wrong * wrong * costs[i];
        });
  }

  private SemanticsLine binaryFocal() {
    KerasBinaryFocalCrossentropy loss = Keras.binaryFocalCrossentropy().on(engine);
    Tensor yPred = rows(PROBABILITIES);
    double[] elements = binaryFocalElements(BITS);
    double[] balanced = indexed(elements, i -> (BITS[i] == 1 ? 0.25 : 0.75) * elements[i]);
    KerasExample example = new KerasExample(loss, Y_OF_BITS, yPred, rowMeans(elements));
    return drawnTowardHalf(
            example.line("BinaryFocalCrossentropy"),
            loss.labelSmoothing(SMOOTHING),
            yPred,
            binaryFocalElements(smoothedTowardHalf(BITS)))
        .check(
            Column.CLIPPING,
            "1e-7 … 1−1e-7",
            () -> {
              near(loss(loss, 1, 0), -Math.log(EPSILON));
              near(loss(loss, 0, 1), -Math.log(1 - (1 - EPSILON)));
            })
        .check(
            Column.WEIGHTS,
            "class, row",
            () ->
                new KerasExample(loss.applyClassBalancing(), Y_OF_BITS, yPred, rowMeans(balanced))
                    .weighsRows())
        .values(Column.NAN, "NaN", () -> loss(loss, 1, Double.NaN))
        .values(Column.IMPOSSIBLE, "16.12 / 0", () -> loss(loss, 1, 0), () -> loss(loss, 0, 0));
  }

  private SemanticsLine generalized() {
    KerasCategoricalGeneralizedCrossEntropy loss =
        Keras.categoricalGeneralizedCrossEntropy().on(engine);
    double[] costs = map(PROBABILITIES, p -> (1 - Math.sqrt(p)) / 0.5);
    KerasExample example =
        new KerasExample(loss, Y_OF_LABELS, rows(PROBABILITIES), rowSums(times(ONE_HOT, costs)));
    return example
        .line("CategoricalGeneralizedCrossEntropy")
        .values(Column.NAN, "NaN", () -> loss.evaluate(labels(0), row(Double.NaN, 1)).loss())
        .values(
            Column.IMPOSSIBLE,
            "2 / 0",
            () -> loss.evaluate(labels(0), row(0, 1)).loss(),
            () -> loss.evaluate(labels(1), row(0, 1)).loss());
  }

  private SemanticsLine divergence() {
    KerasComparison loss = Keras.klDivergence().on(engine);
    double[] elements =
        indexed(
            SOFT,
            i -> {
              double y = Math.max(SOFT[i], EPSILON);
              return y * Math.log(y / PROBABILITIES[i]);
            });
    KerasExample example =
        new KerasExample(loss, rows(SOFT), rows(PROBABILITIES), rowSums(elements));
    return example
        .line("KLDivergence")
        .check(
            Column.CLIPPING,
            "1e-7 … 1",
            () -> {
              near(loss(loss, 1, 0), -Math.log(EPSILON));
              near(loss(loss, 0.5, 3), 0.5 * Math.log(0.5));
              near(loss(loss, 0, 0.5), EPSILON * Math.log(EPSILON / 0.5));
            })
        .values(Column.NAN, "NaN", () -> loss(loss, 1, Double.NaN))
        .values(Column.IMPOSSIBLE, "16.12 / 0", () -> loss(loss, 1, 0), () -> loss(loss, 0, 0));
  }
}
