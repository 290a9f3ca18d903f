package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Divergence and regression losses: cases of PyTorch's test/test_nn.py (test_huber_*,
 * test_smoothl1loss_*, test_l1_loss_correct, test_pointwise_loss_broadcast,
 * test_poisson_nll_loss_reduction_modes, test_KLDivLoss_*) and special values.
 */
class TorchRegressionTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final double INFINITY = Double.POSITIVE_INFINITY;
  private static final BatchLoss ENGINE = BatchLoss.open("cpu");

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static TensorLoss unreduced(TorchLoss<?> loss, double[] x, double[] y) {
    return loss.reduction("none")
        .on(ENGINE)
        .withGradient(Tensor.of(x, x.length), Tensor.of(y, y.length));
  }

  /** y·ln y − y·x and e^y·(y − x), with 0·∞ as arithmetic has it. */
  @Test
  void klDivOfSpecialValues() {
    TensorLoss plain =
        unreduced(
            Torch.klDiv(),
            new double[] {-1, -INFINITY, -INFINITY, -1, -1},
            new double[] {0, 0, 0.5, -0.5, 1});
    assertThat(plain.losses().toDoubles()).containsExactly(0, Double.NaN, INFINITY, Double.NaN, 1);
    assertThat(plain.gradient().toDoubles())
        .containsExactly(new double[] {0, 0, -0.5, 0.5, -1}, DOUBLE);
    TensorLoss logarithms =
        unreduced(
            Torch.klDiv().logTarget(true),
            new double[] {-1, -1, -INFINITY},
            new double[] {-1, -INFINITY, 0});
    assertThat(logarithms.losses().toDoubles()).containsExactly(0, Double.NaN, INFINITY);
    assertThat(logarithms.gradient().toDoubles())
        .containsExactly(new double[] {-Math.exp(-1), 0, -1}, DOUBLE);
  }

  /** test_KLDivLoss_batch_mean and ..._log_target. */
  @Test
  void batchmeanDividesByTheFirstAxis() {
    double[] p = {0.2, 0.8, 0.5, 0.5, 0.9, 0.1};
    double[] q = {0.3, 0.7, 0.4, 0.6, 0.5, 0.5};
    double[] logP = new double[6];
    double[] logQ = new double[6];
    double sum = 0;
    for (int i = 0; i < 6; i++) {
      logP[i] = Math.log(p[i]);
      logQ[i] = Math.log(q[i]);
      sum += q[i] * (logQ[i] - logP[i]);
    }
    Tensor input = Tensor.of(logP, 3, 2);
    TorchKlDiv batchmean = Torch.klDiv().reduction("batchmean").on(ENGINE);
    TensorLoss loss = batchmean.withGradient(input, Tensor.of(q, 3, 2));
    assertThat(loss.loss()).isCloseTo(sum / 3, DOUBLE);
    assertThat(loss.gradient().toDoubles()[1]).isCloseTo(-0.7 / 3, DOUBLE);
    assertThat(loss.warnings()).isEmpty();
    assertThat(batchmean.logTarget(true).evaluate(input, Tensor.of(logQ, 3, 2)).loss())
        .isCloseTo(sum / 3, DOUBLE);
    assertThat(batchmean.evaluate(Tensor.of(logP, 3, 1, 2), Tensor.of(q, 3, 1, 2)).loss())
        .isCloseTo(sum / 3, DOUBLE);
    assertThat(batchmean.evaluate(Tensor.scalar(-1), Tensor.scalar(1)).loss()).isCloseTo(1, DOUBLE);
    Tensor noBatch = Tensor.of(new double[0], 0, 2);
    assertThat(batchmean.evaluate(noBatch, noBatch).loss()).isNaN();
    Tensor noClass = Tensor.of(new double[0], 2, 0);
    assertThat(batchmean.evaluate(noClass, noClass).loss()).isZero();
  }

  @Test
  void klDivWarnsOfTheMean() {
    Tensor one = Tensor.scalar(0.5);
    TorchKlDiv call = Torch.klDiv().on(ENGINE);
    assertThat(call.evaluate(one, one).warnings())
        .singleElement()
        .asString()
        .startsWith("reduction: 'mean' divides the total loss by both the batch size");
    assertThat(call.reduction("sum").evaluate(one, one).warnings()).isEmpty();
    assertThat(call.sizeAverage(true).evaluate(one, one).warnings())
        .singleElement()
        .asString()
        .startsWith("size_average and reduce args will be deprecated");
    assertThatThrownBy(() -> call.reduction("median").evaluate(one, one))
        .hasMessage("reduction is 'median', must be one of batchmean, mean, none, sum");
  }

  /** Where the square turns into the line, beyond it, and far away. */
  @Test
  void huberAndSmoothL1AtTheirKinks() {
    double[] x = {0, 0.5, -0.5, 2, -3, INFINITY, -INFINITY, 1e200};
    double[] zeros = new double[8];
    TensorLoss huber = unreduced(Torch.huberLoss().delta(0.5), x, zeros);
    assertThat(huber.losses().toDoubles())
        .containsExactly(
            new double[] {0, 0.125, 0.125, 0.875, 1.375, INFINITY, INFINITY, 5e199}, DOUBLE);
    assertThat(huber.gradient().toDoubles())
        .containsExactly(0, 0.5, -0.5, 0.5, -0.5, 0.5, -0.5, 0.5);
    TensorLoss smooth = unreduced(Torch.smoothL1Loss().beta(0.5), x, zeros);
    assertThat(smooth.losses().toDoubles())
        .containsExactly(
            new double[] {0, 0.25, 0.25, 1.75, 2.75, INFINITY, INFINITY, 1e200}, DOUBLE);
    assertThat(smooth.gradient().toDoubles()).containsExactly(0, 1, -1, 1, -1, 1, -1, 1);
    TensorLoss line = unreduced(Torch.smoothL1Loss().beta(0), x, zeros);
    assertThat(line.losses().toDoubles())
        .containsExactly(0, 0.5, 0.5, 2, 3, INFINITY, INFINITY, 1e200);
    assertThat(line.gradient().toDoubles()).containsExactly(0, 1, -1, 1, -1, 1, -1, 1);
  }

  /** test_huber_loss_invalid_delta, test_smoothl1loss_negative_beta_not_supported. */
  @Test
  void deltaAndBetaOutOfRangeAreRefused() {
    for (double delta : new double[] {0, -0.5, Double.NaN}) {
      assertThatThrownBy(() -> Torch.huberLoss().delta(delta))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("does not support non-positive values for delta");
    }
    assertThatThrownBy(() -> Torch.smoothL1Loss().beta(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("does not support negative values for beta");
  }

  /** test_pointwise_loss_broadcast: with a warning, and a gradient of the input's shape. */
  @Test
  void broadcastsWithAWarning() {
    Tensor input = Tensor.of(new double[] {1, 2}, 2, 1);
    Tensor target = Tensor.of(new double[] {0, 0.5, 4}, 3);
    for (TorchLoss<?> loss :
        List.of(Torch.mseLoss(), Torch.l1Loss(), Torch.huberLoss(), Torch.smoothL1Loss())) {
      TensorLoss result = loss.on(ENGINE).withGradient(input, target);
      assertThat(result.warnings())
          .containsExactly(
              "Using a target size ([3]) that is different to the input size ([2, 1]). This will"
                  + " likely lead to incorrect results due to broadcasting. Please ensure they have"
                  + " the same size.");
      assertThat(result.gradient().shape()).containsExactly(2, 1);
    }
    TensorLoss squares = Torch.mseLoss().on(ENGINE).withGradient(input, target);
    assertThat(squares.loss()).isCloseTo((1 + 0.25 + 9 + 4 + 2.25 + 4) / 6, DOUBLE);
    assertThat(squares.gradient().toDoubles())
        .containsExactly(new double[] {2 * (1 + 0.5 - 3) / 6, 2 * (2 + 1.5 - 2) / 6}, DOUBLE);
    assertThatThrownBy(() -> Torch.mseLoss().evaluate(input, Tensor.of(new double[6], 3, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("input and target have shapes [2, 1] and [3, 2], which do not broadcast");
  }

  @Test
  void weightsOfAnotherShapeAreRefused() {
    Tensor input = Tensor.of(new double[4], 2, 2);
    Tensor weight = Tensor.of(new double[2], 2);
    for (TorchLoss<?> loss :
        List.of(
            Torch.mseLoss().weight(weight),
            Torch.l1Loss().weight(weight),
            Torch.huberLoss().weight(weight))) {
      assertThatThrownBy(() -> loss.evaluate(input, input))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("weight size ([2]) must be the same as input size ([2, 2])");
    }
  }

  @Test
  void weightsThatSumToZero() {
    Tensor input = Tensor.of(new double[] {1, 2}, 2);
    Tensor target = Tensor.of(new double[2], 2);
    Tensor zeros = Tensor.of(new double[2], 2);
    assertThat(Torch.mseLoss().weight(zeros).on(ENGINE).evaluate(input, target).loss()).isNaN();
    assertThat(Torch.huberLoss().weight(zeros).on(ENGINE).evaluate(input, target).loss()).isZero();
  }

  /** test_poisson_nll_loss_reduction_modes. */
  @Test
  void poissonReductions() {
    Tensor input = Tensor.of(new double[] {0.5, 1.5, 2.5}, 3);
    Tensor target = Tensor.of(new double[] {1, 2, 3}, 3);
    double[] wanted = {Math.exp(0.5) - 0.5, Math.exp(1.5) - 3, Math.exp(2.5) - 7.5};
    double sum = wanted[0] + wanted[1] + wanted[2];
    TorchPoissonNllLoss call = Torch.poissonNllLoss().on(ENGINE);
    assertThat(call.reduction("none").evaluate(input, target).losses().toDoubles())
        .containsExactly(wanted, DOUBLE);
    assertThat(call.reduction("sum").evaluate(input, target).loss()).isCloseTo(sum, DOUBLE);
    assertThat(call.evaluate(input, target).loss()).isCloseTo(sum / 3, DOUBLE);
    assertThat(call.sizeAverage(false).evaluate(input, target).loss()).isCloseTo(sum, DOUBLE);
    assertThatThrownBy(() -> call.reduction("total").evaluate(input, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reduction is 'total'");
  }

  @Test
  void poissonOfSpecialValues() {
    TensorLoss logarithms =
        unreduced(
            Torch.poissonNllLoss().full(true),
            new double[] {-INFINITY, -INFINITY, 0, 0},
            new double[] {0, 1, 1, 2});
    double stirling = 2 * Math.log(2) - 2 + 0.5 * Math.log(4 * Math.PI);
    assertThat(logarithms.losses().toDoubles())
        .containsExactly(Double.NaN, INFINITY, 1, 1 + stirling);
    assertThat(logarithms.gradient().toDoubles()).containsExactly(0, -1, 0, -1);
    TensorLoss rates =
        unreduced(
            Torch.poissonNllLoss().logInput(false).eps(0),
            new double[] {0, 0, 1, -1},
            new double[] {0, 1, 5, 1});
    assertThat(rates.losses().toDoubles()).containsExactly(Double.NaN, INFINITY, 1, Double.NaN);
    assertThat(rates.gradient().toDoubles()).containsExactly(Double.NaN, -INFINITY, -4, 2);
  }

  @Test
  void squaresOfInfinities() {
    TensorLoss loss =
        unreduced(
            Torch.mseLoss(),
            new double[] {INFINITY, INFINITY, 1e200},
            new double[] {INFINITY, 0, 0});
    assertThat(loss.losses().toDoubles()).containsExactly(Double.NaN, INFINITY, INFINITY);
    assertThat(loss.gradient().toDoubles()).containsExactly(Double.NaN, INFINITY, 2e200);
  }

  @Test
  void deprecatedReductionArgumentsOfEveryLoss() {
    Tensor input = Tensor.of(new double[] {0.25, 0.5}, 2);
    Tensor target = Tensor.of(new double[] {0.5, 0.25}, 2);
    for (TorchElementLoss<?> loss :
        List.of(
            Torch.mseLoss(),
            Torch.l1Loss(),
            Torch.smoothL1Loss(),
            Torch.poissonNllLoss(),
            Torch.klDiv(),
            Torch.binaryCrossEntropy(),
            Torch.binaryCrossEntropyWithLogits())) {
      double sum = loss.sizeAverage(false).on(ENGINE).evaluate(input, target).loss();
      assertThat(loss.sizeAverage(true).on(ENGINE).evaluate(input, target).loss())
          .isCloseTo(sum / 2, DOUBLE);
      double[] losses = loss.reduce(false).on(ENGINE).evaluate(input, target).losses().toDoubles();
      assertThat(losses[0] + losses[1]).isCloseTo(sum, DOUBLE);
    }
  }

  /** test_cosine_similarity: shapes, orthogonal and zero vectors, small norms. */
  @Test
  void cosineSimilarity() {
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 0, 0}, 3, 2);
    Tensor y = Tensor.of(new double[] {2, -1, 6, 8, 1, 1}, 3, 2);
    assertThat(Torch.cosineSimilarity(x, y).toDoubles())
        .containsExactly(new double[] {0, 1, 0}, DOUBLE);
    assertThat(Torch.cosineSimilarity(x, y, 0, 1e-8).toDoubles())
        .containsExactly(new double[] {20 / Math.sqrt(10 * 41), 30 / Math.sqrt(20 * 66)}, DOUBLE);
    assertThat(Torch.cosineSimilarity(x, Tensor.of(new double[] {3, 4}, 2), -1, 1e-8).toDoubles())
        .containsExactly(new double[] {11 / (5 * Math.sqrt(5)), 1, 0}, DOUBLE);
    assertThat(Torch.cosineSimilarity(x, y, 1, 20).toDoubles()[1]).isCloseTo(0.125, DOUBLE);
    Tensor shaped = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 1, 3, 2, 1);
    assertThat(Torch.cosineSimilarity(shaped, shaped).shape()).containsExactly(1, 2, 1);
    assertThat(Torch.cosineSimilarity(shaped, shaped).toDoubles())
        .containsExactly(new double[] {1, 1}, within(1e-6));
    Tensor empty = Tensor.of(new float[0], 2, 0);
    assertThat(Torch.cosineSimilarity(empty, empty).toDoubles()).containsExactly(0, 0);
    assertThatThrownBy(() -> Torch.cosineSimilarity(x, y, 2, 1e-8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("dim is 2");
  }

  /** The static forms run on the shared engine, whichever that is. */
  @Test
  void shortForms() {
    Tensor input = Tensor.of(new float[] {0.25f, 0.5f}, 2);
    Tensor target = Tensor.of(new float[] {0.5f, 0.75f}, 2);
    double entropy = -(0.5 * Math.log(0.25) + 0.5 * Math.log(0.75));
    double otherEntropy = -(0.75 * Math.log(0.5) + 0.25 * Math.log(0.5));
    double softplus = Math.log1p(Math.exp(0.25)) + Math.log1p(Math.exp(0.5));
    double negentropy = 0.5 * Math.log(0.5) + 0.75 * Math.log(0.75);
    Offset<Double> single = within(1e-6);
    assertThat(Torch.mseLoss(input, target)).isCloseTo(0.0625, single);
    assertThat(Torch.l1Loss(input, target)).isCloseTo(0.25, single);
    assertThat(Torch.huberLoss(input, target)).isCloseTo(0.03125, single);
    assertThat(Torch.smoothL1Loss(input, target)).isCloseTo(0.03125, single);
    assertThat(Torch.poissonNllLoss(input, target))
        .isCloseTo((Math.exp(0.25) + Math.exp(0.5) - 0.125 - 0.375) / 2, single);
    assertThat(Torch.klDiv(input, target)).isCloseTo((negentropy - 0.125 - 0.375) / 2, single);
    assertThat(Torch.binaryCrossEntropy(input, target))
        .isCloseTo((entropy + otherEntropy) / 2, single);
    assertThat(Torch.binaryCrossEntropyWithLogits(input, target))
        .isCloseTo((softplus - 0.125 - 0.375) / 2, single);
  }
}
