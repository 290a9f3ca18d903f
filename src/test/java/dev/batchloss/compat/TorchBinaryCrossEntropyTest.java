package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.InvalidDataException;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PyTorch's test/test_nn.py, test_bce_loss_* and test_bce_with_logits_*, and the special values of
 * aten/src/ATen/native/Loss.cpp.
 */
class TorchBinaryCrossEntropyTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final BatchLoss ENGINE = BatchLoss.open("cpu");
  private static final TorchBinaryCrossEntropy PROBABILITIES =
      Torch.binaryCrossEntropy().on(ENGINE);
  private static final TorchBinaryCrossEntropyWithLogits LOGITS =
      Torch.binaryCrossEntropyWithLogits().on(ENGINE);

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Logarithms not below −100, denominators not below 1e-12. */
  @ParameterizedTest
  @CsvSource({
    "0, 1, 100, -1e12",
    "0, 0, 0, 0",
    "0, 0.25, 25, -0.25e12",
    "1, 0, 100, 1e12",
    "1, 1, 0, 0",
    "1e-50, 1, 100, -1e12",
    "1e-6, 1, 13.815510557964274, -1e6"
  })
  void clamps(double x, double y, double loss, double slope) {
    TensorLoss result = PROBABILITIES.withGradient(Tensor.scalar(x), Tensor.scalar(y));
    assertThat(result.loss()).isCloseTo(loss, DOUBLE);
    assertThat(result.gradient().item()).isCloseTo(slope, within(Math.abs(slope) * 1e-9));
  }

  /** test_bce_loss_always_nonnegative. */
  @Test
  void isNeverNegative() {
    Tensor ones = Tensor.of(new double[] {1, 1, 1, 1, 1}, 5);
    Tensor zeros = Tensor.of(new double[5], 5);
    assertThat(PROBABILITIES.evaluate(ones, ones).loss()).isNotNegative();
    assertThat(PROBABILITIES.evaluate(zeros, zeros).loss()).isNotNegative();
  }

  /** test_bce_loss_input_range. */
  @ParameterizedTest
  @ValueSource(doubles = {-0.5, 1.5, -1e-300, 1.00001, Double.NaN, INFINITY})
  void inputsOutsideOfTheUnitIntervalAreRefused(double bad) {
    Tensor input = Tensor.of(new double[] {0.5, bad, 0.5}, 3);
    Tensor target = Tensor.of(new double[] {0, 1, 1}, 3);
    assertThatThrownBy(() -> PROBABILITIES.evaluate(input, target))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(String.valueOf(bad));
  }

  @Test
  void targetsAreNotChecked() {
    Tensor half = Tensor.scalar(0.5);
    assertThat(PROBABILITIES.evaluate(half, Tensor.scalar(3)).loss())
        .isCloseTo(Math.log(2), DOUBLE);
    assertThat(PROBABILITIES.evaluate(half, Tensor.scalar(Double.NaN)).loss()).isNaN();
    assertThat(LOGITS.evaluate(Tensor.scalar(1), Tensor.scalar(-2)).loss())
        .isCloseTo(3 + Math.log1p(Math.exp(-1)), DOUBLE);
  }

  /** test_bce_loss_size_mismatch, ..._raises_if_target_and_input_are_different_size. */
  @Test
  void differentSizesAreRefused() {
    Tensor input = Tensor.of(new double[] {0.5, 0.5, 0.5, 0.5}, 4);
    for (Tensor target : new Tensor[] {Tensor.of(new double[4], 4, 1), Tensor.scalar(1)}) {
      for (TorchLoss<?> loss : new TorchLoss<?>[] {PROBABILITIES, LOGITS}) {
        assertThatThrownBy(() -> loss.evaluate(input, target))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("must be the same as input size ([4])");
      }
    }
  }

  /** test_bce_with_logits_gives_same_result_as_sigmoid_and_bce_loss. */
  @ParameterizedTest
  @ValueSource(strings = {"mean", "sum", "none"})
  void agreesWithProbabilitiesOfTheSigmoid(String reduction) {
    double[] x = new Random(1).doubles(256, -4, 4).toArray();
    double[] y = new Random(2).doubles(256).toArray();
    double[] weights = new Random(3).doubles(4).toArray();
    Tensor target = Tensor.of(y, 64, 4);
    Tensor weight = Tensor.of(weights, 4);
    TensorLoss logits =
        LOGITS.weight(weight).reduction(reduction).evaluate(Tensor.of(x, 64, 4), target);
    double[] p = Arrays.stream(x).map(TorchBinaryCrossEntropyTest::sigmoid).toArray();
    TensorLoss probabilities =
        PROBABILITIES.weight(weight).reduction(reduction).evaluate(Tensor.of(p, 64, 4), target);
    if (reduction.equals("none")) {
      assertThat(logits.losses().toDoubles())
          .containsExactly(probabilities.losses().toDoubles(), within(1e-9));
    } else {
      assertThat(logits.loss()).isCloseTo(probabilities.loss(), within(1e-9));
    }
  }

  /** test_bce_loss_broadcasts_weights, test_bce_with_logits_broadcasts_weights. */
  @Test
  void weightsBroadcast() {
    double[] p = new Random(4).doubles(12, 0.1, 0.9).toArray();
    double[] y = new Random(5).doubles(12).toArray();
    Tensor input = Tensor.of(p, 3, 4);
    Tensor target = Tensor.of(y, 3, 4);
    for (Tensor weight :
        new Tensor[] {
          Tensor.of(new double[] {1, 2, 3, 4}, 4),
          Tensor.of(new double[] {1, 2, 3}, 3, 1),
          Tensor.of(new float[] {2}, 1),
          Tensor.scalar(0.5)
        }) {
      Tensor full = weight.broadcastTo(Shape.of(3, 4));
      assertThat(PROBABILITIES.weight(weight).evaluate(input, target).loss())
          .isEqualTo(PROBABILITIES.weight(full).evaluate(input, target).loss());
      double mean = 0;
      for (int i = 0; i < 12; i++) {
        mean -= full.at(i) * (y[i] * Math.log(p[i]) + (1 - y[i]) * Math.log(1 - p[i])) / 12;
      }
      assertThat(PROBABILITIES.weight(weight).evaluate(input, target).loss())
          .isCloseTo(mean, DOUBLE);
      assertThat(LOGITS.weight(weight).evaluate(input, target).loss())
          .isEqualTo(LOGITS.weight(full).evaluate(input, target).loss());
    }
    assertThatThrownBy(
            () -> PROBABILITIES.weight(Tensor.of(new double[3], 3)).evaluate(input, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shape [3] does not broadcast to [3, 4]");
  }

  /** test_bce_with_logits_stability. */
  @Test
  void logitsAreStable() {
    Tensor target = Tensor.of(new double[] {0, 1}, 2);
    TensorLoss loss =
        LOGITS
            .posWeight(1, 1)
            .reduction("none")
            .evaluate(Tensor.of(new double[] {0, -120}, 2), target);
    assertThat(loss.losses().toDoubles()).containsExactly(new double[] {Math.log(2), 120}, DOUBLE);
    assertThat(LOGITS.evaluate(Tensor.scalar(40), Tensor.scalar(1)).loss())
        .isCloseTo(Math.exp(-40), within(1e-30));
  }

  /** test_bce_with_logits_has_correct_grad_at_zero and ..._forward_grad_at_zero. */
  @Test
  void gradientAtZero() {
    Tensor zeros = Tensor.of(new double[6], 3, 2);
    assertThat(LOGITS.reduction("sum").withGradient(zeros, zeros).gradient().toDoubles())
        .containsOnly(0.5);
    assertThat(
            LOGITS
                .posWeight(Tensor.of(new double[] {1, 1, 1, 1, 1, 1}, 3, 2))
                .reduction("sum")
                .withGradient(zeros, zeros)
                .gradient()
                .toDoubles())
        .containsOnly(0.5);
  }

  /** (1 − y)·x − (1 + (pos_weight − 1)·y)·log_sigmoid(x), as it is added up there. */
  private static double formula(double x, double y, double positive) {
    double logSigmoid = Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    return (1 - y) * x - (1 + (positive - 1) * y) * logSigmoid;
  }

  @ParameterizedTest
  @ValueSource(doubles = {-INFINITY, INFINITY, Double.NaN, -1e30, 1e30, 0})
  void infinitiesAreWhatTheFormulaGives(double x) {
    for (double y : new double[] {0, 0.25, 1}) {
      TensorLoss loss = LOGITS.withGradient(Tensor.scalar(x), Tensor.scalar(y));
      assertLoss(loss.loss(), formula(x, y, 1));
      assertThat(loss.gradient().item()).isEqualTo(Double.valueOf(sigmoid(x) - y));
      TensorLoss weighted =
          LOGITS.posWeight(Tensor.scalar(3)).evaluate(Tensor.scalar(x), Tensor.scalar(y));
      assertLoss(weighted.loss(), formula(x, y, 3));
    }
  }

  private static void assertLoss(double loss, double wanted) {
    if (Double.isFinite(wanted)) {
      assertThat(loss).isCloseTo(wanted, within(1e-11 + 1e-14 * Math.abs(wanted)));
    } else {
      assertThat(loss).isEqualTo(Double.valueOf(wanted));
    }
  }

  /** test_bce_with_logits_with_pos_weight_has_correct_grad_at_zero, *_broadcasts_pos_weights. */
  @ParameterizedTest
  @ValueSource(strings = {"mean", "sum", "none"})
  void positiveWeightsOfEveryShape(String reduction) {
    long[] shape = {2, 3, 4};
    double[] x = new Random(6).doubles(24, -3, 3).toArray();
    double[] y = new Random(7).doubles(24).toArray();
    long[][] shapes = {
      {}, {1}, {4}, {3, 1}, {3, 4}, {1, 3, 1}, {2, 1, 1}, {2, 3, 4}, {2, 1, 4}, {1, 1, 1}, {2, 3, 1}
    };
    for (long[] positiveShape : shapes) {
      Shape own = Shape.of(positiveShape);
      double[] positive = new Random(8).doubles(own.size(), 0, 3).toArray();
      long[] sources = own.sourcesIn(Shape.of(shape));
      double[] weights = new Random(9).doubles(4).toArray();
      double[] losses = new double[24];
      double[] slopes = new double[24];
      double scale = reduction.equals("mean") ? 24 : 1;
      for (int i = 0; i < 24; i++) {
        double w = positive[(int) sources[i]];
        losses[i] = weights[i % 4] * formula(x[i], y[i], w);
        slopes[i] = weights[i % 4] * ((w * y[i] + 1 - y[i]) * sigmoid(x[i]) - w * y[i]) / scale;
      }
      TensorLoss loss =
          LOGITS
              .posWeight(Tensor.of(positive, positiveShape))
              .weight(Tensor.of(weights, 4))
              .reduction(reduction)
              .withGradient(Tensor.of(x, shape), Tensor.of(y, shape));
      if (reduction.equals("none")) {
        assertThat(loss.losses().toDoubles()).containsExactly(losses, DOUBLE);
        assertThat(loss.losses().shape()).isEqualTo(shape);
      } else {
        assertThat(loss.loss()).isCloseTo(Arrays.stream(losses).sum() / scale, DOUBLE);
      }
      assertThat(loss.gradient().toDoubles()).containsExactly(slopes, DOUBLE);
    }
  }

  @Test
  void positiveWeightsThatDoNotBroadcastAreRefused() {
    Tensor input = Tensor.of(new double[12], 3, 4);
    for (Tensor weight :
        new Tensor[] {Tensor.of(new double[3], 3), Tensor.of(new double[12], 1, 3, 4)}) {
      assertThatThrownBy(() -> LOGITS.posWeight(weight).evaluate(input, input))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("does not broadcast to [3, 4]");
    }
    Tensor empty = Tensor.of(new double[0], 0, 4);
    assertThat(LOGITS.posWeight(1, 2, 3, 4).evaluate(empty, empty).loss()).isNaN();
  }

  /** The example that tutorials print: 0.1643. */
  @Test
  void aWellKnownExample() {
    Tensor p = Tensor.of(new double[] {0.1, 0.9, 0.8, 0.2}, 4);
    Tensor y = Tensor.of(new long[] {0, 1, 1, 0}, 4);
    assertThat(PROBABILITIES.evaluate(p, y).loss()).isCloseTo(0.1643, within(5e-5));
  }
}
