package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;

/**
 * The cases of scikit-learn's own test_classification.py (1.2 to 1.9: test_log_loss,
 * test_log_loss_eps, ..._not_probabilities_warning, ..._perfect_predictions, ..._pandas_input,
 * ..._warnings, test_d2_log_loss_score_missing_labels and ..._raises), the example of its
 * documentation, and the formula computed here.
 */
class SklearnTest {
  private static final Labels SYMBOLS = Labels.of("no", "no", "no", "yes", "yes", "yes");
  private static final Tensor PAIRS =
      matrix(
          new double[][] {
            {0.5, 0.5}, {0.1, 0.9}, {0.01, 0.99}, {0.9, 0.1}, {0.75, 0.25}, {0.001, 0.999}
          });
  private static final Tensor THREE =
      matrix(new double[][] {{0.2, 0.7, 0.1}, {0.6, 0.2, 0.2}, {0.6, 0.1, 0.3}});

  private static Tensor matrix(double[]... rows) {
    return Tensor.of(Matrix.copyOf(rows));
  }

  private static Tensor halves(short... bits) {
    return Tensor.of(Matrix.of(bits, ElementType.FLOAT16, bits.length, 1));
  }

  private static ThrowableAssertAlternative<IllegalArgumentException> refused(
      ThrowingCallable call) {
    return assertThatIllegalArgumentException().isThrownBy(call);
  }

  @Test
  void theDocumentationsExample() {
    Tensor rows = matrix(new double[][] {{.1, .9}, {.9, .1}, {.8, .2}, {.35, .65}});
    assertThat(Sklearn.logLoss(Labels.of("spam", "ham", "ham", "spam"), rows))
        .isCloseTo(0.21616187468057912, within(1e-15));
  }

  @Test
  void symbolicLabelsAreSorted() {
    double[] right = {0.5, 0.1, 0.01, 0.1, 0.25, 0.999};
    double want = -Arrays.stream(right).map(Math::log).sum() / 6;
    assertThat(Sklearn.logLoss(SYMBOLS, PAIRS)).isCloseTo(want, within(1e-12));
    assertThat(
            Sklearn.logLoss(
                Labels.of("ham", "spam", "spam", "ham"),
                matrix(new double[][] {{0.3, 0.7}, {0.6, 0.4}, {0.4, 0.6}, {0.7, 0.3}})))
        .isCloseTo(0.7469410, within(1e-7));
  }

  /** Outside the basic plane UTF-16 units sort otherwise than code points: 😀 is after ￼. */
  @Test
  void stringsAreInTheOrderOfCodePoints() {
    Labels labels = Labels.of("\ufffc", "\ud83d\ude00");
    Tensor rows = matrix(new double[][] {{0.8, 0.2}, {0.3, 0.7}});
    assertThat(Sklearn.logLoss(labels, rows))
        .isCloseTo(-(Math.log(0.8) + Math.log(0.7)) / 2, within(1e-12));
  }

  @Test
  void severalClassesAndTheirSum() {
    assertThat(Sklearn.logLoss(Labels.of(1, 0, 2), THREE)).isCloseTo(0.6904911, within(1e-7));
    Tensor twice =
        matrix(
            new double[][] {
              {0.2, 0.7, 0.1}, {0.6, 0.2, 0.2}, {0.6, 0.1, 0.3},
              {0.2, 0.7, 0.1}, {0.6, 0.2, 0.2}, {0.6, 0.1, 0.3}
            });
    SklearnLogLoss sum = Sklearn.logLoss().notNormalized();
    assertThat(sum.evaluate(Labels.of(1, 0, 2, 1, 0, 2), twice).loss())
        .isCloseTo(0.6904911 * 6, within(1e-6));
    assertThat(sum.normalized().evaluate(Labels.of(1L, 0L, 2L, 1L, 0L, 2L), twice).loss())
        .isCloseTo(0.6904911, within(1e-7));
  }

  /**
   * Three classes, labels 0 2 1 2: −log(0.9·0.7·0.6·0.85)/4. A tutorial prints 0.2162 beside it,
   * which is wrong: that is −log(0.9·0.9·0.8·0.65)/4, the loss of the spam and ham of
   * scikit-learn's own documentation.
   */
  @Test
  void aTutorialsExample() {
    Tensor rows =
        matrix(new double[][] {{.9, .05, .05}, {.2, .1, .7}, {.3, .6, .1}, {.05, .1, .85}});
    assertThat(Sklearn.logLoss(Labels.of(0, 2, 1, 2), rows)).isCloseTo(0.283845, within(5e-7));
    Tensor mails = matrix(new double[][] {{.1, .9}, {.9, .1}, {.8, .2}, {.35, .65}});
    assertThat(Sklearn.logLoss(Labels.of("spam", "ham", "ham", "spam"), mails))
        .isCloseTo(0.2162, within(5e-5));
  }

  @Test
  void labelsOfEveryKindAreTheSame() {
    Tensor rows = matrix(new double[][] {{.9, .1}, {.2, .8}, {.4, .6}});
    double want = Sklearn.logLoss(Labels.of(0, 1, 1), rows);
    assertThat(want).isCloseTo(-Math.log(.9 * .8 * .6) / 3, within(1e-12));
    assertThat(Sklearn.logLoss(Labels.of(-7L, Long.MAX_VALUE, Long.MAX_VALUE), rows))
        .isEqualTo(want);
    assertThat(Sklearn.logLoss(Labels.of(1.0, 2.0, 2.0), rows)).isEqualTo(want);
    assertThat(Sklearn.logLoss(Labels.of(false, true, true), rows)).isEqualTo(want);
    assertThat(Sklearn.logLoss(Labels.of("10", "9", "9"), rows)).isEqualTo(want);
    assertThat(Sklearn.logLoss(Tensor.of(new int[] {3, 4, 4}, 3), rows)).isEqualTo(want);
    assertThat(Sklearn.logLoss(Tensor.of(new float[] {3, 4, 4}, 3, 1), rows)).isEqualTo(want);
    assertThat(
            Sklearn.logLoss()
                .labels(Labels.of(0.0, 1.0))
                .evaluate(Labels.of(false, true, true), rows)
                .loss())
        .isEqualTo(want);
    refused(() -> Labels.of(0.5, 1))
        .withMessageContaining("label 0 is 0.5")
        .withMessageContaining("continuous");
    refused(() -> Labels.of(Double.NaN)).withMessageContaining("label 0 is NaN");
  }

  @Test
  void oneColumnIsThePositiveClass() {
    double want = -(Math.log(0.8) + Math.log(0.3) + Math.log(0.6)) / 3;
    Labels labels = Labels.of("no", "yes", "yes");
    Tensor vector = Tensor.of(new double[] {0.2, 0.3, 0.6}, 3);
    Tensor column = Tensor.of(new double[] {0.2, 0.3, 0.6}, 3, 1);
    assertThat(Sklearn.logLoss(labels, vector)).isCloseTo(want, within(1e-12));
    assertThat(Sklearn.logLoss(labels, column)).isCloseTo(want, within(1e-12));
    TensorLoss found = Sklearn.logLoss().withGradient(labels, vector);
    assertThat(found.gradient().shape()).containsExactly(3);
    double[] slopes = {1 / 0.8 / 3, -1 / 0.3 / 3, -1 / 0.6 / 3};
    assertThat(found.gradient().toDoubles())
        .usingComparatorWithPrecision(1e-12)
        .containsExactly(slopes);
    assertThat(Sklearn.logLoss().withGradient(labels, column).gradient().shape())
        .containsExactly(3, 1);
  }

  @Test
  void clippingIsAtTheTypesEpsilon() {
    Labels labels = Labels.of(0, 1);
    assertThat(Sklearn.logLoss(labels, Tensor.of(new double[] {1, 0}, 2)))
        .isCloseTo(52 * Math.log(2), within(1e-12));
    assertThat(Sklearn.logLoss(labels, Tensor.of(new float[] {1, 0}, 2)))
        .isCloseTo(23 * Math.log(2), within(1e-5));
    // 1 and 0 in 16 bits.
    assertThat(Sklearn.logLoss(labels, halves((short) 0x3c00, (short) 0)))
        .isCloseTo(10 * Math.log(2), within(1e-5));
    // Integers are read as doubles.
    assertThat(Sklearn.logLoss(labels, Tensor.of(new int[] {1, 0}, 2)))
        .isCloseTo(52 * Math.log(2), within(1e-12));
  }

  @Test
  void perfectPredictionsAreNearlyZero() {
    assertThat(Sklearn.logLoss(Labels.of(0, 1, 0), Tensor.of(new int[] {0, 1, 0}, 3)))
        .isCloseTo(0, within(1e-12));
    assertThat(Sklearn.logLoss(Labels.of(0, 1, 0), matrix(new double[][] {{1, 0}, {0, 1}, {1, 0}})))
        .isCloseTo(0, within(1e-12))
        .isPositive();
    assertThat(
            Sklearn.logLoss(
                Labels.of(0, 1, 2), matrix(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})))
        .isCloseTo(0, within(1e-12));
  }

  @Test
  void labelsMayBeAbsentFromTheSamples() {
    Tensor score = matrix(new double[][] {{0.1, 0.9}, {0.1, 0.9}});
    assertThat(Sklearn.logLoss().labels(Labels.of(1, 2)).evaluate(Labels.of(2, 2), score).loss())
        .isCloseTo(-Math.log(0.9), within(1e-12));
    Tensor three = matrix(new double[][] {{0.7, 0.1, 0.2}, {0.2, 0.7, 0.1}, {0.1, 0.7, 0.2}});
    assertThat(
            Sklearn.logLoss().labels(Labels.of(1, 2, 3)).evaluate(Labels.of(1, 2, 2), three).loss())
        .isCloseTo(-Math.log(0.7), within(1e-12));
  }

  @Test
  void missingLabelsWithWeights() {
    SklearnLogLoss loss =
        Sklearn.logLoss().labels(Labels.of(0, 1, 2)).sampleWeight(1.4, 0.6, 0.7, 0.3);
    Labels labels = Labels.of(2, 0, 2, 0);
    double[] certain = {1, 0, 0};
    double[] guess = {0.3, 0, 0.7};
    double tiny = 52 * Math.log(2);
    assertThat(loss.evaluate(labels, matrix(certain, certain, certain, certain)).loss())
        .isCloseTo(2.1 / 3 * tiny, within(1e-12));
    assertThat(loss.evaluate(labels, matrix(guess, guess, guess, guess)).loss())
        .isCloseTo(-0.3 * Math.log(0.3) - 0.7 * Math.log(0.7), within(1e-12));
  }

  @Test
  void sampleWeightsAreInSumAndMean() {
    SklearnLogLoss loss = Sklearn.logLoss().sampleWeight(2, 1, 3, 4, 3, 1);
    double[] right = {0.5, 0.1, 0.01, 0.1, 0.25, 0.999};
    double[] weights = {2, 1, 3, 4, 3, 1};
    double sum = -IntStream.range(0, 6).mapToDouble(i -> weights[i] * Math.log(right[i])).sum();
    assertThat(loss.evaluate(SYMBOLS, PAIRS).loss()).isCloseTo(sum / 14, within(1e-12));
    assertThat(loss.notNormalized().evaluate(SYMBOLS, PAIRS).loss()).isCloseTo(sum, within(1e-12));
    refused(() -> Sklearn.logLoss().sampleWeight(1, 2).evaluate(SYMBOLS, PAIRS))
        .withMessage("sample_weight has shape [2], must be [6]");
    refused(() -> Sklearn.logLoss().sampleWeight(1, -1, 0, 0, 0, 0).evaluate(SYMBOLS, PAIRS))
        .withMessageContaining("weights sum to zero");
    refused(
            () ->
                Sklearn.logLoss().sampleWeight(1, 1, Double.NaN, 0, 0, 0).evaluate(SYMBOLS, PAIRS))
        .withMessage("sample_weight of sample 2 is NaN, must be finite");
    refused(() -> loss.sampleWeight(new double[6]).notNormalized().evaluate(SYMBOLS, PAIRS))
        .withMessageContaining("at least one non-zero number");
    assertThat(loss.sampleWeight(1, -1, 0, 0, 0, 0).notNormalized().evaluate(SYMBOLS, PAIRS).loss())
        .isCloseTo(Math.log(0.1 / 0.5), within(1e-12));
  }

  @Test
  void anIndicatorMatrixStandsForLabels() {
    Tensor indicators = Tensor.of(new int[] {0, 1, 0, 1, 0, 0, 0, 0, 1}, 3, 3);
    assertThat(Sklearn.logLoss(indicators, THREE))
        .isCloseTo(Sklearn.logLoss(Labels.of(1, 0, 2), THREE), within(1e-14));
    Tensor severalOnes = Tensor.of(new double[] {1, 1, 0, 0, 0, 0, 0, 0, 1}, 3, 3);
    assertThat(Sklearn.logLoss().notNormalized().evaluate(severalOnes, THREE).loss())
        .isCloseTo(-Math.log(0.2 * 0.7 * 0.3), within(1e-12));
    refused(() -> Sklearn.logLoss(Tensor.of(new double[] {0, 2, 0, 1}, 2, 2), THREE))
        .withMessageContaining("inconsistent numbers of samples: [3, 2]");
    refused(() -> Sklearn.logLoss(Tensor.of(new int[] {0, 2, 0, 1, 0, 0}, 3, 2), THREE))
        .withMessageContaining("y_true of row 0, column 1 is 2.0")
        .withMessageContaining("multioutput");
    refused(() -> Sklearn.logLoss(Tensor.of(new int[] {0, 1, 0, 1, 0, 0}, 3, 2), THREE))
        .withMessageContaining("different number of classes: 2 vs 3");
    refused(() -> Sklearn.logLoss().labels(Labels.of(0, 1, 2)).evaluate(indicators, THREE))
        .withMessageContaining("indicator matrix");
  }

  @Test
  void classesMustBeAsManyAsColumnsAndTwoAtLeast() {
    Tensor pairs = matrix(new double[][] {{0.3, 0.7}, {0.6, 0.4}, {0.4, 0.6}});
    refused(() -> Sklearn.logLoss(Labels.of(1, 0, 2), pairs))
        .withMessageContaining("y_true and y_prob contain different number of classes: 3 vs 2")
        .withMessageContaining("Classes found in y_true: [0, 1, 2]");
    refused(() -> Sklearn.logLoss().labels(Labels.of(0, 1, 2)).evaluate(Labels.of(0, 1, 2), pairs))
        .withMessageContaining("The number of classes in labels is different")
        .withMessageContaining("Classes found in labels: [0, 1, 2]");
    refused(() -> Sklearn.logLoss(Labels.of(2, 2, 2), pairs))
        .withMessageContaining("y_true contains only one label ([2]).");
    refused(() -> Sklearn.logLoss().labels(Labels.of(1)).evaluate(Labels.of(1, 1, 1), pairs))
        .withMessage("The labels array needs to contain at least two labels, got [1].");
    refused(() -> Sklearn.logLoss(Labels.of(2, 2), pairs))
        .withMessageContaining("inconsistent numbers of samples: [3, 2]");
  }

  @Test
  void labelsThatWereNotPassedAreRefused() {
    Tensor rows = matrix(new double[][] {{0.9, 0.1, 0}, {0.1, 0.9, 0}, {0.1, 0.1, 0.8}});
    refused(
            () ->
                Sklearn.logLoss()
                    .labels(Labels.of("a", "c", "d"))
                    .evaluate(Labels.of("a", "b", "c"), rows))
        .withMessage("y_true contains values [b] not belonging to the passed labels [a, c, d].");
  }

  @Test
  void unorderedLabelsGiveAWarning() {
    Tensor rows = matrix(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
    TensorLoss found =
        Sklearn.logLoss()
            .labels(Labels.of("spam", "eggs", "ham"))
            .evaluate(Labels.of("eggs", "spam", "ham"), rows);
    assertThat(found.warnings())
        .containsExactly(
            "Labels passed were [spam, eggs, ham]. But this function assumes labels are ordered"
                + " lexicographically. Pass the ordered labels=[eggs, ham, spam] and ensure that"
                + " the columns of y_prob correspond to this ordering.");
    assertThat(found.loss()).isCloseTo(2.0 / 3 * 52 * Math.log(2), within(1e-12));
  }

  @Test
  void rowsThatDoNotSumToOneGiveAWarningAndAreUsedAsTheyAre() {
    Labels labels = Labels.of(0, 1, 1, 0);
    double[][] rows = {{0.2, 0.7}, {0.6, 0.3}, {0.4, 0.7}, {0.8, 0.3}};
    TensorLoss found = Sklearn.logLoss().evaluate(labels, matrix(rows));
    assertThat(found.warnings())
        .containsExactly("The y_prob values do not sum to one. Make sure to pass probabilities.");
    assertThat(found.loss()).isCloseTo(-Math.log(0.2 * 0.3 * 0.7 * 0.8) / 4, within(1e-12));
    Tensor floats = Tensor.of(new float[] {.2f, .7f, .6f, .3f, .4f, .7f, .8f, .3f}, 4, 2);
    assertThat(Sklearn.logLoss().evaluate(labels, floats).warnings()).hasSize(1);
    assertThat(Sklearn.logLoss().evaluate(Labels.of(1, 0, 2), THREE).warnings()).isEmpty();
  }

  /** √ε is 1.5e-8 in double and 3.5e-4 in float, and 1e-8 is added to it. */
  @Test
  void theSumsToleranceIsTheRootOfTheEpsilon() {
    Labels labels = Labels.of(0, 1);
    for (double off : new double[] {2.4e-8, -2.4e-8}) {
      Tensor rows = matrix(new double[][] {{0.5, 0.5 + off}, {0.5, 0.5}});
      assertThat(Sklearn.logLoss().evaluate(labels, rows).warnings()).isEmpty();
    }
    for (double off : new double[] {2.6e-8, -2.6e-8}) {
      Tensor rows = matrix(new double[][] {{0.5, 0.5}, {0.5, 0.5 + off}});
      assertThat(Sklearn.logLoss().evaluate(labels, rows).warnings()).hasSize(1);
    }
    Tensor near = Tensor.of(new float[] {0.5f, 0.5003f, 0.5f, 0.5f}, 2, 2);
    Tensor far = Tensor.of(new float[] {0.5f, 0.5004f, 0.5f, 0.5f}, 2, 2);
    assertThat(Sklearn.logLoss().evaluate(labels, near).warnings()).isEmpty();
    assertThat(Sklearn.logLoss().evaluate(labels, far).warnings()).hasSize(1);
  }

  @Test
  void versionsBeforeDividedClippedRowsByTheirSum() {
    Labels labels = Labels.of(0, 1, 1, 0);
    double[][] rows = {{0.2, 0.7}, {0.6, 0.3}, {0.4, 0.7}, {0.8, 0.3}};
    double want = -Math.log(0.2 / 0.9 * 0.3 / 0.9 * 0.7 / 1.1 * 0.8 / 1.1) / 4;
    TensorLoss auto = Sklearn.logLoss().epsAuto().evaluate(labels, matrix(rows));
    assertThat(auto.loss()).isCloseTo(want, within(1e-12));
    assertThat(auto.warnings())
        .containsExactly(
            "The y_pred values do not sum to one. Starting from 1.5 this will result in an error.");
    TensorLoss given = Sklearn.logLoss().eps(1e-15).evaluate(labels, matrix(rows));
    assertThat(given.loss()).isCloseTo(want, within(1e-12));
    assertThat(given.warnings()).hasSize(2);
    assertThat(given.warnings().getFirst()).startsWith("Setting the eps parameter is deprecated");
  }

  /** test_log_loss of version 1.2 with eps 0.1, and the clipping of its documentation. */
  @Test
  void theOlderEpsClips() {
    Tensor rows = matrix(new double[][] {{0.2, 0.8}, {0.05, 0.95}, {0.9, 0.1}});
    double clipped = -(Math.log(0.8) + Math.log(0.9) + Math.log(0.9)) / 3;
    assertThat(Sklearn.logLoss().eps(0.1).evaluate(Labels.of(0, 0, 1), rows).loss())
        .isCloseTo(-(Math.log(0.2) + 2 * Math.log(0.1)) / 3, within(1e-12));
    assertThat(Sklearn.logLoss().eps(0.1).evaluate(Labels.of(1, 1, 0), rows).loss())
        .isCloseTo(clipped, within(1e-12));
    Tensor vector = Tensor.of(new double[] {1, 0}, 2);
    assertThat(Sklearn.logLoss().eps(1e-15).evaluate(Labels.of(0, 1), vector).loss())
        .isCloseTo(-(Math.log(1 - (1 - 1e-15)) + Math.log(1e-15)) / 2, within(1e-10));
    assertThat(
            Sklearn.logLoss()
                .eps(1e-15)
                .withGradient(Labels.of(0, 1), vector)
                .gradient()
                .toDoubles())
        .containsOnly(0);
    refused(() -> Sklearn.logLoss().eps(0.6)).withMessage("eps is 0.6, must be in 0..0.5");
  }

  @Test
  void olderVersionsGaveUnknownLabelsNoLoss() {
    Tensor rows = matrix(new double[][] {{0.9, 0.1}, {0.2, 0.8}});
    SklearnLogLoss loss = Sklearn.logLoss().epsAuto().labels(Labels.of("a", "c"));
    assertThat(loss.evaluate(Labels.of("a", "b"), rows).loss())
        .isCloseTo(-Math.log(0.9) / 2, within(1e-12));
    assertThat(
            loss.evaluate(Labels.of("a", "c"), matrix(new double[][] {{1.5, -1}, {0, 2}})).loss())
        .isCloseTo(0, within(1e-12));
  }

  @Test
  void badPredictionsAreRefused() {
    Labels labels = Labels.of(0, 1);
    refused(() -> Sklearn.logLoss(labels, matrix(new double[][] {{1.1, -0.1}, {0.5, 0.5}})))
        .withMessage("y_prob contains values greater than 1: element 0 is 1.1");
    refused(() -> Sklearn.logLoss(labels, matrix(new double[][] {{0.5, 0.5}, {-0.1, 1}})))
        .withMessage("y_prob contains values lower than 0: element 2 is -0.1");
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      refused(() -> Sklearn.logLoss(labels, Tensor.of(new double[] {0.5, bad}, 2)))
          .withMessage("y_prob contains " + bad + " at element 1, must be finite");
    }
    refused(() -> Sklearn.logLoss(Labels.of(new int[0]), Tensor.of(new double[0], 0)))
        .withMessageContaining("found array with 0 samples");
    refused(() -> Sklearn.logLoss(labels, Tensor.of(new double[8], 2, 2, 2)))
        .withMessageContaining("must have one or two axes");
  }

  @Test
  void gradientsAreTheDifferences() {
    Random random = new Random(4);
    double[] p = random.doubles(12, 0.05, 0.9).toArray();
    Labels labels = Labels.of(2, 0, 1, 2);
    for (SklearnLogLoss loss :
        new SklearnLogLoss[] {
          Sklearn.logLoss().sampleWeight(1, 2, 0.5, 3),
          Sklearn.logLoss().notNormalized(),
          Sklearn.logLoss().epsAuto(),
          Sklearn.logLoss().eps(0.2).sampleWeight(1, 2, 0.5, 3)
        }) {
      double[] slopes =
          loss.upstream(3).withGradient(labels, Tensor.of(p, 4, 3)).gradient().toDoubles();
      for (int i = 0; i < p.length; i++) {
        double[] moved = p.clone();
        moved[i] = p[i] + 1e-6;
        double above = loss.evaluate(labels, Tensor.of(moved.clone(), 4, 3)).loss();
        moved[i] = p[i] - 1e-6;
        double below = loss.evaluate(labels, Tensor.of(moved, 4, 3)).loss();
        assertThat(slopes[i]).isCloseTo(3 * (above - below) / 2e-6, within(1e-6));
      }
    }
  }

  @Test
  void runsOnTheEngineItIsGiven() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      TensorLoss found = Sklearn.logLoss().on(engine).evaluate(SYMBOLS, PAIRS);
      assertThat(found.result().backend().name()).isEqualTo("scalar");
      assertThat(found.loss()).isCloseTo(Sklearn.logLoss(SYMBOLS, PAIRS), within(1e-14));
    }
  }
}
