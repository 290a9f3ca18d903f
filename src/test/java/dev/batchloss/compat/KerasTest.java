package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.InvalidTargetException;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * What the documentation of {@code keras.losses} says, and its quirks, by formulas computed here.
 * The cases of Keras' own tests and what Keras computes of random ones are in {@link
 * KerasCasesTest}.
 */
class KerasTest {
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");
  private static final double EPSILON = 1e-7;
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private static final Tensor ONE_HOT = rows(3, 1, 0, 0, 0, 1, 0, 0, 0, 1);
  private static final Tensor LABELS = Tensor.of(new int[] {0, 1, 2}, 3);
  private static final Tensor PREDICTED =
      rows(3, 0.9, 0.05, 0.05, 0.5, 0.89, 0.6, 0.05, 0.01, 0.94);
  private static final Tensor LOGITS = rows(3, 8, 1, 1, 0, 9, 1, 2, 3, 5);

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  private static Tensor rows(int columns, double... values) {
    return Tensor.of(values, values.length / columns, columns);
  }

  private static Tensor vector(double... values) {
    return Tensor.of(values, values.length);
  }

  private static ThrowableAssertAlternative<IllegalArgumentException> refused(
      ThrowingCallable call) {
    return assertThatIllegalArgumentException().isThrownBy(call);
  }

  /** The documentation's example of both cross-entropies, and of a tutorial. */
  @Test
  void theDocumentationsCrossEntropies() {
    Tensor yTrue = rows(3, 0, 1, 0, 0, 0, 1);
    Tensor yPred = rows(3, 0.05, 0.95, 0, 0.1, 0.8, 0.1);
    assertThat(Keras.categoricalCrossentropy(yTrue, yPred)).isCloseTo(1.177, within(5e-4));
    Tensor weights = vector(0.3, 0.7);
    assertThat(Keras.categoricalCrossentropy().evaluate(yTrue, yPred, weights).loss())
        .isCloseTo(0.814, within(5e-4));
    assertThat(Keras.categoricalCrossentropy().reduction("sum").evaluate(yTrue, yPred).loss())
        .isCloseTo(2.354, within(5e-4));
    assertThat(
            Keras.categoricalCrossentropy()
                .reduction(null)
                .evaluate(yTrue, yPred)
                .losses()
                .toDoubles())
        .usingComparatorWithPrecision(5e-4)
        .containsExactly(0.0513, 2.303);
    Tensor labels = Tensor.of(new long[] {1, 2}, 2);
    assertThat(Keras.sparseCategoricalCrossentropy(labels, yPred)).isCloseTo(1.177, within(5e-4));
    Tensor tutorial = rows(3, .9, .05, .05, .2, .7, .1, .1, .2, .7);
    assertThat(Keras.categoricalCrossentropy(ONE_HOT, tutorial)).isCloseTo(0.2729, within(5e-5));
    assertThat(Keras.sparseCategoricalCrossentropy(LABELS, tutorial))
        .isCloseTo(0.2729, within(5e-5));
  }

  @Test
  void probabilitiesAreDividedByTheirSumAndThenClipped() {
    double[] p = {0.9, 0.89 / 1.99, 0.94};
    double want = -(Math.log(p[0]) + Math.log(p[1]) + Math.log(p[2])) / 3;
    assertThat(Keras.categoricalCrossentropy(ONE_HOT, PREDICTED)).isCloseTo(want, within(1e-12));
    assertThat(Keras.sparseCategoricalCrossentropy(LABELS, PREDICTED))
        .isCloseTo(want, within(1e-12));
    Tensor certain = rows(2, 0, 3, 5, 0);
    assertThat(
            Keras.sparseCategoricalCrossentropy()
                .reduction("none")
                .evaluate(Tensor.of(new int[] {1, 1}, 2), certain)
                .losses()
                .toDoubles())
        .usingComparatorWithPrecision(1e-12)
        .containsExactly(-Math.log(1 - EPSILON), -Math.log(EPSILON));
    TensorLoss slopes =
        Keras.sparseCategoricalCrossentropy().withGradient(Tensor.of(new int[] {1, 1}, 2), certain);
    assertThat(slopes.gradient().toDoubles()).containsOnly(0);
  }

  @Test
  void reductionsDivideByTheNumberOfLosses() {
    KerasCategoricalCrossentropy loss = Keras.categoricalCrossentropy().fromLogits();
    double[] each = loss.reduction("none").evaluate(ONE_HOT, LOGITS).losses().toDoubles();
    assertThat(each)
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(0.001822, 0.000459, 0.169846);
    double sum = each[0] + 2 * each[1] + 4 * each[2];
    Tensor weights = vector(1, 2, 4);
    assertThat(loss.evaluate(ONE_HOT, LOGITS, weights).loss()).isCloseTo(sum / 3, within(1e-14));
    assertThat(loss.reduction("mean").evaluate(ONE_HOT, LOGITS, weights).loss())
        .isCloseTo(sum / 3, within(1e-14));
    assertThat(loss.reduction("sum").evaluate(ONE_HOT, LOGITS, weights).loss())
        .isCloseTo(sum, within(1e-14));
    assertThat(loss.reduction("mean_with_sample_weight").evaluate(ONE_HOT, LOGITS, weights).loss())
        .isCloseTo(sum / 7, within(1e-14));
    TensorLoss unreduced = loss.reduction(null).evaluate(ONE_HOT, LOGITS);
    assertThatIllegalStateException().isThrownBy(unreduced::loss);
    refused(() -> loss.reduction("average"))
        .withMessageStartingWith("Invalid value for argument `reduction`: it is 'average'");
  }

  @Test
  void weightsOfZeroMakeZero() {
    KerasCategoricalCrossentropy loss =
        Keras.categoricalCrossentropy().reduction("mean_with_sample_weight");
    TensorLoss found = loss.withGradient(ONE_HOT, PREDICTED, vector(0, 0, 0));
    assertThat(found.loss()).isZero();
    assertThat(found.gradient().toDoubles()).containsOnly(0);
    assertThat(loss.evaluate(ONE_HOT, PREDICTED, Tensor.scalar(0)).loss()).isZero();
  }

  @Test
  void sampleWeightsBroadcast() {
    Tensor logits = Tensor.of(new Random(1).doubles(24, -2, 2).toArray(), 2, 3, 4);
    Tensor labels = Tensor.of(new int[] {0, 1, 2, 3, 0, 1}, 2, 3);
    KerasSparseCategoricalCrossentropy loss = Keras.sparseCategoricalCrossentropy().fromLogits();
    double[] each = loss.reduction("none").evaluate(labels, logits).losses().toDoubles();
    double byRow = 0;
    double byColumn = 0;
    for (int i = 0; i < 6; i++) {
      byRow += each[i] * (i < 3 ? 2 : 5);
      byColumn += each[i] * (1 + i % 3);
    }
    assertThat(loss.evaluate(labels, logits, Tensor.of(new double[] {2, 5}, 2, 1)).loss())
        .isCloseTo(byRow / 6, within(1e-13));
    assertThat(loss.evaluate(labels, logits, vector(1, 2, 3)).loss())
        .isCloseTo(byColumn / 6, within(1e-13));
    Tensor full = Tensor.of(new double[] {1, 2, 3, 1, 2, 3}, 2, 3, 1);
    assertThat(loss.evaluate(labels, logits, full).loss()).isCloseTo(byColumn / 6, within(1e-13));
    // The sum is of the weights as they were handed over: 7, not 21.
    assertThat(
            loss.reduction("mean_with_sample_weight")
                .evaluate(labels, logits, Tensor.of(new double[] {2, 5}, 2, 1))
                .loss())
        .isCloseTo(byRow / 7, within(1e-13));
    refused(() -> loss.evaluate(labels, logits, vector(1, 2)))
        .withMessageContaining("the losses and sample_weight");
  }

  /** (N) losses and (N, 1) weights are both (N, 1), and so is what is not reduced. */
  @Test
  void ranksAreAlignedBeforeWeighting() {
    TensorLoss found =
        Keras.categoricalCrossentropy()
            .reduction("none")
            .evaluate(ONE_HOT, PREDICTED, Tensor.of(new double[] {1, 2, 3}, 3, 1));
    assertThat(found.losses().shape()).containsExactly(3, 1);
    assertThat(
            Keras.meanSquaredError()
                .reduction("none")
                .on(ENGINE)
                .evaluate(vector(4, 8, 12), Tensor.of(new double[] {3, 0, 1}, 3, 1))
                .losses()
                .shape())
        .containsExactly(3);
    // Losses without an axis are repeated over the weights.
    assertThat(
            Keras.meanAbsoluteError()
                .on(ENGINE)
                .evaluate(vector(1, 2), vector(3, 6), vector(1, 5, 6))
                .loss())
        .isCloseTo(3 * 12 / 3.0, within(1e-14));
  }

  @Test
  void weightsOfAGreaterShapeRepeatTheLosses() {
    Tensor weights = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    KerasCategoricalCrossentropy loss = Keras.categoricalCrossentropy().fromLogits();
    double[] each = loss.reduction("none").evaluate(ONE_HOT, LOGITS).losses().toDoubles();
    TensorLoss found = loss.reduction("none").withGradient(ONE_HOT, LOGITS, weights);
    assertThat(found.losses().shape()).containsExactly(2, 3);
    double sum = 0;
    for (int i = 0; i < 6; i++) {
      assertThat(found.losses().at(i)).isCloseTo(each[i % 3] * (i + 1), within(1e-15));
      sum += each[i % 3] * (i + 1);
    }
    TensorLoss total = loss.reduction("sum").withGradient(ONE_HOT, LOGITS, weights);
    assertThat(total.loss()).isCloseTo(sum, within(1e-14));
    assertThat(found.gradient().toDoubles())
        .usingComparatorWithPrecision(1e-14)
        .containsExactly(total.gradient().toDoubles());
    assertThat(loss.evaluate(ONE_HOT, LOGITS, weights).loss()).isCloseTo(sum / 6, within(1e-14));
    refused(
            () ->
                loss.reduction("none")
                    .upstream(vector(1, 2, 3))
                    .withGradient(ONE_HOT, LOGITS, weights))
        .withMessage("upstream has shape [3], must be that of the losses, [2, 3]");
  }

  @Test
  void ignoredLabelsCountInNoMean() {
    Tensor labels = Tensor.of(new long[] {0, -1, 2}, 3);
    KerasSparseCategoricalCrossentropy loss =
        Keras.sparseCategoricalCrossentropy().fromLogits().ignoreClass(-1);
    double[] each = loss.reduction("none").evaluate(labels, LOGITS).losses().toDoubles();
    assertThat(each[1]).isZero();
    assertThat(loss.evaluate(labels, LOGITS).loss())
        .isCloseTo((each[0] + each[2]) / 2, within(1e-14));
    Tensor weights = vector(3, 100, 5);
    assertThat(loss.evaluate(labels, LOGITS, weights).loss())
        .isCloseTo((3 * each[0] + 5 * each[2]) / 2, within(1e-14));
    assertThat(loss.reduction("mean_with_sample_weight").evaluate(labels, LOGITS, weights).loss())
        .isCloseTo((3 * each[0] + 5 * each[2]) / 8, within(1e-14));
    assertThat(loss.reduction("sum").evaluate(labels, LOGITS).loss())
        .isCloseTo(each[0] + each[2], within(1e-14));
    double[] slopes = loss.withGradient(labels, LOGITS).gradient().toDoubles();
    assertThat(new double[] {slopes[3], slopes[4], slopes[5]}).containsOnly(0);
    Tensor ignored = Tensor.of(new long[] {-1, -1, -1}, 3);
    assertThat(loss.evaluate(ignored, LOGITS).loss()).isZero();
    assertThatExceptionOfType(InvalidTargetException.class)
        .isThrownBy(() -> Keras.sparseCategoricalCrossentropy(labels, PREDICTED));
  }

  /** loss_test.py: test_mask, test_mask_and_sample_weight and the case where all is masked. */
  @Test
  void masksHideLosses() {
    Tensor yTrue = Tensor.of(new double[] {1, 0, 1, 0}, 4, 1);
    Tensor yPred = Tensor.of(new double[] {0.1, 0.2, 0.3, 0.4}, 4, 1);
    KerasComparison loss = Keras.meanSquaredError().on(ENGINE).mask(vector(1, 0, 1, 1));
    assertThat(loss.evaluate(yTrue, yPred).loss())
        .isCloseTo((0.81 + 0.49 + 0.16) / 3, within(1e-14));
    assertThat(loss.evaluate(yTrue, yPred, vector(0.4, 0.3, 0.2, 0.1)).loss())
        .isCloseTo((0.4 * 0.81 + 0.2 * 0.49 + 0.1 * 0.16) / 3, within(1e-14));
    assertThat(loss.reduction("sum").evaluate(yTrue, yPred).loss())
        .isCloseTo(0.81 + 0.49 + 0.16, within(1e-14));
    assertThat(loss.mask(vector(0, 0, 0, 0)).evaluate(yTrue, yPred).loss()).isZero();
  }

  @Test
  void smoothingSharesByTheLastAxis() {
    Tensor logits = Tensor.of(new Random(2).doubles(12, -2, 2).toArray(), 2, 3, 2);
    double[] wanted = new double[12];
    for (int n = 0; n < 2; n++) {
      for (int i = 0; i < 2; i++) {
        wanted[n * 6 + i] = 1;
      }
    }
    Tensor yTrue = Tensor.of(wanted, 2, 3, 2);
    double sum = 0;
    for (int n = 0; n < 2; n++) {
      for (int i = 0; i < 2; i++) {
        double total = 0;
        for (int c = 0; c < 3; c++) {
          total += Math.exp(logits.at(n * 6 + c * 2 + i));
        }
        for (int c = 0; c < 3; c++) {
          double share = 0.8 * (c == 0 ? 1 : 0) + 0.2 / 2;
          sum -= share * (logits.at(n * 6 + c * 2 + i) - Math.log(total));
        }
      }
    }
    assertThat(
            Keras.categoricalCrossentropy()
                .fromLogits()
                .axis(1)
                .labelSmoothing(0.2)
                .evaluate(yTrue, logits)
                .loss())
        .isCloseTo(sum / 4, within(1e-13));
    assertThat(
            Keras.categoricalCrossentropy()
                .fromLogits()
                .labelSmoothing(0.1)
                .evaluate(rows(3, 1, 0, 0), rows(3, 100, -100, -100))
                .loss())
        .isCloseTo(400 * 0.1 / 3, within(1e-12));
  }

  @Test
  void focalLossesOfDistributionsAndPerClassWeights() {
    Tensor yTrue = rows(3, 0.2, 0.5, 0.3, 0, 1, 0);
    Tensor yPred = rows(3, 0.3, 0.3, 0.6, 0.1, 0.8, 0.1);
    double[] alpha = {0.5, 1, 2};
    double[] p = {0.25, 0.25, 0.5, 0.1, 0.8, 0.1};
    double sum = 0;
    for (int i = 0; i < 6; i++) {
      sum -= alpha[i % 3] * Math.pow(1 - p[i], 1.5) * yTrue.at(i) * Math.log(p[i]);
    }
    KerasCategoricalFocalCrossentropy loss =
        Keras.categoricalFocalCrossentropy().alpha(alpha).gamma(1.5);
    assertThat(loss.evaluate(yTrue, yPred).loss()).isCloseTo(sum / 2, within(1e-13));
    Tensor logits = rows(3, Math.log(.25), Math.log(.25), Math.log(.5), 0, Math.log(8), 0);
    assertThat(loss.fromLogits().evaluate(yTrue, logits).loss()).isCloseTo(sum / 2, within(1e-13));
    assertThat(loss.reduction("none").evaluate(yTrue, yPred).losses().shape()).containsExactly(2);
    refused(() -> Keras.categoricalFocalCrossentropy().alpha())
        .withMessage("alpha has no elements, must have one or one a class");
    refused(() -> loss.alpha(1, 2).evaluate(yTrue, yPred))
        .withMessage("there are 2 class weights for 3 classes");
  }

  @Test
  void generalizedCrossEntropyTakesPredictionsAsTheyAre() {
    Tensor yTrue = Tensor.of(new int[] {0, 1}, 2);
    Tensor yPred = rows(2, 1.21, 0.3, 0.2, 0);
    assertThat(
            Keras.categoricalGeneralizedCrossEntropy()
                .reduction("none")
                .evaluate(yTrue, yPred)
                .losses()
                .toDoubles())
        .usingComparatorWithPrecision(1e-14)
        .containsExactly((1 - 1.1) / 0.5, 1 / 0.5);
    for (double bad : new double[] {0, 1, -0.1, Double.NaN}) {
      refused(() -> Keras.categoricalGeneralizedCrossEntropy().q(bad))
          .withMessage("q is " + bad + ": q must be in the interval (0, 1)");
    }
  }

  @Test
  void marginLabelsMayBeZeroAndOne() {
    Tensor yPred = rows(2, 0.6, 0.4, -0.4, -0.6);
    double want = ((1 + 0.6 + 1 - 0.4) / 2 + (1 - 0.4 + 1 - 0.6) / 2) / 2;
    KerasComparison hinge = Keras.hinge().on(ENGINE);
    assertThat(hinge.evaluate(rows(2, 0, 1, 0, 0), yPred).loss()).isCloseTo(want, within(1e-14));
    assertThat(hinge.evaluate(rows(2, -1, 1, -1, -1), yPred).loss()).isCloseTo(want, within(1e-14));
    // One label that is neither leaves all of them as they are.
    assertThat(hinge.evaluate(rows(2, 0, 1, 0, 2), yPred).loss())
        .isCloseTo((1 + 1 - 0.4 + 1 + 1 + 1.2) / 4, within(1e-14));
  }

  @Test
  void hostileNumbers() {
    KerasCategoricalCrossentropy loss =
        Keras.categoricalCrossentropy().fromLogits().reduction("none");
    Tensor logits =
        rows(2, Double.NaN, 0, -INFINITE, 0, -INFINITE, 0, INFINITE, 0, -INFINITE, -INFINITE);
    double[] found =
        loss.evaluate(rows(2, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0), logits).losses().toDoubles();
    assertThat(found).containsExactly(Double.NaN, Double.NaN, INFINITE, Double.NaN, Double.NaN);
    double[] clipped =
        Keras.categoricalCrossentropy()
            .reduction("none")
            .evaluate(rows(2, 1, 0, 1, 0, 1, 0), rows(2, 0, 0, Double.NaN, 1, INFINITE, 1))
            .losses()
            .toDoubles();
    assertThat(clipped).containsOnly(Double.NaN);
    assertThat(
            Keras.binaryCrossentropy()
                .on(ENGINE)
                .reduction("none")
                .evaluate(rows(1, 1, 0, 1), rows(1, 2, -3, 0))
                .losses()
                .toDoubles())
        .usingComparatorWithPrecision(1e-9)
        .containsExactly(1e-7, 1e-7, -Math.log(EPSILON));
  }

  @Test
  void lossesOverNothingAreZero() {
    Tensor none = Tensor.of(new double[0], 0, 3);
    assertThat(Keras.categoricalCrossentropy(none, none)).isZero();
    TensorLoss found =
        Keras.sparseCategoricalCrossentropy()
            .reduction("none")
            .withGradient(Tensor.of(new int[0], 0), none);
    assertThat(found.losses().shape()).containsExactly(0);
    assertThat(found.gradient().shape()).containsExactly(0, 3);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Tensor column = Tensor.of(new int[] {0, 1, 2}, 3, 1);
    refused(() -> Keras.categoricalCrossentropy(column, PREDICTED))
        .withMessage("yTrue and yPred must have the same shape: they have [3, 1] and [3, 3]");
    refused(() -> Keras.binaryCrossentropy(rows(2, 1, 0), rows(3, 1, 0, 0)))
        .withMessageContaining("must have the same shape");
    refused(() -> Keras.sparseCategoricalCrossentropy(Tensor.of(new int[2], 2), PREDICTED))
        .withMessage(
            "yTrue has shape [2], must be [3]: that of yPred, [3, 3], without the class axis");
    refused(() -> Keras.meanSquaredError(rows(2, 1, 2), rows(3, 1, 2, 3)))
        .withMessageContaining("yTrue and yPred");
    refused(() -> Keras.categoricalCrossentropy().axis(2).evaluate(ONE_HOT, PREDICTED))
        .withMessage("axis is 2, must be in -2..1 for shape [3, 3]");
    refused(() -> Keras.meanSquaredError(Tensor.scalar(1), Tensor.scalar(2)))
        .withMessageStartingWith("axis is -1");
    refused(() -> Keras.sparseCategoricalCrossentropy(vector(0, Double.NaN, 1), PREDICTED))
        .withMessage("yTrue at element 1 is NaN, must be a class index");
  }

  @Test
  void predictionsAndLabelsBroadcast() {
    KerasComparison loss = Keras.meanSquaredError().on(ENGINE);
    TensorLoss found = loss.withGradient(rows(3, 1, 2, 4), rows(1, 2));
    assertThat(found.loss()).isCloseTo(5.0 / 3, within(1e-14));
    assertThat(found.gradient().shape()).containsExactly(1, 1);
    assertThat(found.gradient().item()).isCloseTo(2.0 / 3 * (1 + 0 - 2), within(1e-14));
    assertThat(loss.evaluate(rows(1, 1, 2), rows(2, 1, 2, 3, 4)).loss())
        .isCloseTo((0 + 1 + 1 + 4) / 4.0, within(1e-14));
  }

  @Test
  void oneClassGivesAWarning() {
    Tensor one = Tensor.of(new double[] {1, 1}, 2, 1);
    assertThat(Keras.categoricalCrossentropy().evaluate(one, one).warnings())
        .singleElement()
        .asString()
        .startsWith("In loss categorical_crossentropy, expected y_pred.shape to be");
    assertThat(Keras.categoricalCrossentropy().evaluate(ONE_HOT, LOGITS).warnings()).isEmpty();
  }

  @Test
  void upstreamMultipliesTheGradient() {
    KerasSparseCategoricalCrossentropy loss = Keras.sparseCategoricalCrossentropy();
    double[] plain = loss.withGradient(LABELS, PREDICTED).gradient().toDoubles();
    double[] thrice = loss.upstream(3).withGradient(LABELS, PREDICTED).gradient().toDoubles();
    double[] each =
        loss.reduction("none")
            .upstream(vector(1, 1, -2))
            .withGradient(LABELS, PREDICTED)
            .gradient()
            .toDoubles();
    for (int i = 0; i < plain.length; i++) {
      assertThat(thrice[i]).isCloseTo(3 * plain[i], within(1e-14));
      assertThat(each[i]).isCloseTo((i < 6 ? 3 : -6) * plain[i], within(1e-14));
    }
  }

  @Test
  void gradientsAreTheDifferences() {
    Random random = new Random(4);
    Tensor weights = vector(1, 2, 0.5, 3);
    Tensor hard = rows(3, 0, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0);
    Tensor soft = rows(3, 0.2, 0.8, 0, 0.3, 0.3, 0.4, 0, 0.1, 0.9, 1, 0, 0);
    double[] x = random.doubles(12, 0.1, 0.9).toArray();
    for (KerasLoss<?> loss :
        new KerasLoss<?>[] {
          Keras.categoricalCrossentropy().labelSmoothing(0.2),
          Keras.categoricalFocalCrossentropy(),
          Keras.categoricalFocalCrossentropy().fromLogits().gamma(1.5).alpha(1, 0.5, 2),
          Keras.binaryFocalCrossentropy().on(ENGINE).applyClassBalancing(),
          Keras.klDivergence().on(ENGINE),
          Keras.cosineSimilarity().on(ENGINE)
        }) {
      for (Tensor yTrue : new Tensor[] {hard, soft}) {
        double[] slopes =
            loss.withGradient(yTrue, Tensor.of(x, 4, 3), weights).gradient().toDoubles();
        requireDifferences(
            x, slopes, p -> loss.evaluate(yTrue, Tensor.of(p, 4, 3), weights).loss());
      }
    }
    Tensor labels = Tensor.of(new int[] {2, 0, 1, 1}, 4);
    KerasLoss<?> generalized = Keras.categoricalGeneralizedCrossEntropy().q(0.7);
    requireDifferences(
        x,
        generalized.withGradient(labels, Tensor.of(x, 4, 3)).gradient().toDoubles(),
        p -> generalized.evaluate(labels, Tensor.of(p, 4, 3)).loss());
  }

  private static void requireDifferences(
      double[] x, double[] slopes, ToDoubleFunction<double[]> loss) {
    for (int i = 0; i < x.length; i++) {
      double[] above = x.clone();
      above[i] += 1e-6;
      double[] below = x.clone();
      below[i] -= 1e-6;
      double want = (loss.applyAsDouble(above) - loss.applyAsDouble(below)) / 2e-6;
      assertThat(slopes[i]).isCloseTo(want, within(1e-7 * (1 + Math.abs(want))));
    }
  }

  /** 32-bit predictions have 32-bit gradients in their own shape. */
  @Test
  void gradientsHaveThePredictionsTypeAndShape() {
    Tensor yPred = Tensor.of(new float[] {0.2f, 0.7f, 0.1f, 0.4f, 0.3f, 0.3f}, 2, 3);
    for (Tensor yTrue : new Tensor[] {rows(3, 0, 1, 0, 1, 0, 0), rows(3, 0.5, 0.5, 0, 1, 0, 0)}) {
      Tensor gradient = Keras.categoricalFocalCrossentropy().withGradient(yTrue, yPred).gradient();
      assertThat(gradient).hasToString("FLOAT32 [2, 3]");
    }
  }
}
