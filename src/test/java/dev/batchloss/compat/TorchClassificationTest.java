package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rest of what PyTorch's test/test_nn.py asks of cross_entropy, nll_loss and softmax: shapes,
 * empty batches, ignored rows, infinities, refusals and the deprecated arguments.
 */
class TorchClassificationTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final Offset<Double> FLOAT = within(2e-5);
  private static final double NEGATIVE = Double.NEGATIVE_INFINITY;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "scalar"})
  void runsOnTheEngineItIsGiven(String backend) {
    try (BatchLoss engine = BatchLoss.open(backend)) {
      TensorLoss loss =
          Torch.crossEntropy()
              .on(engine)
              .evaluate(Tensor.of(new float[] {1, 2}, 2), Tensor.of(new int[] {1}));
      assertThat(loss.loss()).isCloseTo(Math.log1p(Math.exp(-1)), FLOAT);
      assertThat(loss.result().backend().name()).isEqualTo(backend);
    }
  }

  /** The documentation's example of nn.NLLLoss over LogSoftmax equals cross-entropy. */
  @ParameterizedTest
  @ValueSource(strings = {"mean", "sum", "none"})
  void isNllLossOfLogSoftmax(String reduction) {
    double[] x = new Random(5).doubles(30, -3, 3).toArray();
    Tensor input = Tensor.of(x, 3, 5, 2);
    Tensor target = Tensor.of(new long[] {1, 0, 4, -100, 2, 2}, 3, 2);
    TensorLoss nll =
        Torch.nllLoss()
            .weight(1, 2, 3, 4, 5)
            .reduction(reduction)
            .withGradient(Torch.logSoftmax(input, 1), target);
    TensorLoss crossEntropy =
        Torch.crossEntropy()
            .weight(Tensor.of(new float[] {1, 2, 3, 4, 5}, 5))
            .reduction(reduction)
            .evaluate(input, target);
    if (reduction.equals("none")) {
      assertThat(nll.losses().toDoubles())
          .containsExactly(crossEntropy.losses().toDoubles(), DOUBLE);
      assertThat(nll.losses().shape()).containsExactly(3, 2);
      assertThat(nll.losses().toDoubles()[3]).isZero();
      assertThat(nll.gradient().toDoubles()[2]).isEqualTo(-2);
    } else {
      assertThat(nll.loss()).isCloseTo(crossEntropy.loss(), DOUBLE);
    }
    double scale = reduction.equals("mean") ? 2 + 1 + 5 + 3 + 3 : 1;
    double[] gradient = nll.gradient().toDoubles();
    assertThat(gradient[2]).isCloseTo(-2 / scale, DOUBLE);
    assertThat(gradient[1]).isCloseTo(-1 / scale, DOUBLE);
    assertThat(Arrays.stream(gradient).filter(slope -> slope != 0)).hasSize(5);
  }

  @Test
  void nllLossTakesOneRowAndIgnoresWhatItDoesNotRead() {
    Tensor input = Tensor.of(new double[] {Double.NaN, -2, NEGATIVE}, 3);
    assertThat(Torch.nllLoss(input, Tensor.of(new long[] {1}))).isEqualTo(2);
    assertThat(Torch.nllLoss(input, Tensor.of(new long[] {2}))).isInfinite();
    assertThat(Torch.nllLoss(input, Tensor.of(new long[] {-100}))).isNaN();
    assertThat(
            Torch.nllLoss()
                .weight(1, 1, 0)
                .reduction("sum")
                .evaluate(input, Tensor.of(new long[] {2}))
                .loss())
        .as("the weight of the target multiplies: 0·∞")
        .isNaN();
  }

  /** test_nll_loss_empty_tensor_reduction_*, test_nll_loss_all_ignored. */
  @Test
  void nothingCounted() {
    for (long[] shape : new long[][] {{0, 3}, {0, 3, 5}, {0, 3, 5, 7}, {2, 3, 0}, {2, 3, 5, 0}}) {
      Tensor input = Tensor.of(new float[0], shape);
      long[] lossShape = Shape.of(shape).without(1).lengths();
      for (Tensor target :
          new Tensor[] {Tensor.of(new long[0], lossShape), Tensor.of(new float[0], shape)}) {
        assertThat(Torch.crossEntropy(input, target)).isNaN();
        assertThat(Torch.crossEntropy().reduction("sum").evaluate(input, target).loss()).isZero();
        assertThat(Torch.crossEntropy().reduction("none").evaluate(input, target).losses().shape())
            .isEqualTo(lossShape);
        assertThat(Torch.crossEntropy().withGradient(input, target).gradient().shape())
            .isEqualTo(shape);
      }
      assertThat(Torch.nllLoss(input, Tensor.of(new long[0], lossShape))).isNaN();
    }
    Tensor input = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    Tensor ignored = Tensor.of(new long[] {-100, -100}, 2);
    for (double smoothing : new double[] {0, 0.3}) {
      TorchCrossEntropy call = Torch.crossEntropy().labelSmoothing(smoothing);
      assertThat(call.evaluate(input, ignored).loss()).isNaN();
      assertThat(call.withGradient(input, ignored).gradient().toFloats()).containsOnly(0);
      assertThat(call.reduction("sum").evaluate(input, ignored).loss()).isZero();
      assertThat(call.reduction("none").evaluate(input, ignored).losses().toDoubles())
          .containsExactly(0, 0);
    }
  }

  /** test_nll_loss_total_weight_is_zero. */
  @Test
  void weightsThatSumToZero() {
    Tensor input = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    Tensor target = Tensor.of(new long[] {0, 2}, 2);
    TorchCrossEntropy call = Torch.crossEntropy().weight(0, 1, 0);
    assertThat(call.evaluate(input, target).loss()).isNaN();
    assertThat(call.reduction("sum").evaluate(input, target).loss()).isZero();
    assertThat(call.reduction("none").evaluate(input, target).losses().toDoubles()).containsOnly(0);
  }

  @Test
  void zeroTimesInfinityIsNanWithProbabilities() {
    Tensor input = Tensor.of(new double[] {1, NEGATIVE, 2, 1, 0, 2}, 2, 3);
    Tensor unwanted = Tensor.of(new double[] {0.5, 0, 0.5, 0, 1, 0}, 2, 3);
    Tensor wanted = Tensor.of(new double[] {0.5, 0.2, 0.3, 0, 1, 0}, 2, 3);
    TorchCrossEntropy none = Torch.crossEntropy().reduction("none");

    TensorLoss nan = none.withGradient(input, unwanted);
    assertThat(nan.losses().toDoubles()[0]).isNaN();
    assertThat(nan.losses().toDoubles()[1]).isFinite();
    assertThat(nan.gradient().toDoubles()[1]).as("the gradient is finite").isZero();
    assertThat(Torch.crossEntropy(input, unwanted)).isNaN();
    assertThat(none.evaluate(input, wanted).losses().toDoubles()[0]).isInfinite();
    Tensor two = Tensor.of(new double[] {1, NEGATIVE, NEGATIVE, 1, 0, 2}, 2, 3);
    assertThat(none.evaluate(two, Tensor.of(new double[] {0.5, 0.5, 0, 0, 1, 0}, 2, 3)).losses())
        .as("one impossible class is wanted, one is not")
        .satisfies(losses -> assertThat(losses.toDoubles()[0]).isNaN());
    assertThat(none.weight(1, 0, 1).evaluate(input, wanted).losses().toDoubles()[0])
        .as("a weight of 0 is a factor, too")
        .isNaN();
    assertThat(none.labelSmoothing(0.1).evaluate(input, unwanted).losses().toDoubles()[0])
        .isInfinite();
    assertThat(none.evaluate(input, Tensor.of(new long[] {0, 1}, 2)).losses().toDoubles())
        .as("class indices make no product")
        .containsExactly(
            new double[] {Math.log1p(Math.exp(1)), 2 + Math.log1p(Math.exp(-1) + Math.exp(-2))},
            DOUBLE);
  }

  /** Masked by the least float, a class is all but impossible, and makes no NaN. */
  @Test
  void logitsMaskedByTheLeastFloat() {
    int classes = 2000;
    float[] logits = new float[2 * classes];
    Arrays.fill(logits, -Float.MAX_VALUE);
    logits[0] = 1;
    logits[3] = 2;
    logits[classes] = 5;
    float[] hits = new float[2 * classes];
    hits[0] = 1;
    hits[classes] = 1;
    Tensor input = Tensor.of(logits, 2, classes);
    Tensor target = Tensor.of(hits, 2, classes);
    double wanted = Math.log1p(Math.E);
    TensorLoss loss = Torch.crossEntropy().withGradient(input, target);
    assertThat(loss.loss()).isCloseTo(wanted / 2, FLOAT);
    assertThat(loss.gradient().toDoubles()[1]).isZero();
    TorchCrossEntropy none = Torch.crossEntropy().reduction("none");
    assertThat(none.evaluate(input, target).losses().toDoubles())
        .containsExactly(new double[] {wanted, 0}, FLOAT);
    logits[classes] = Float.NaN;
    assertThat(none.evaluate(input, target).losses().toDoubles())
        .containsExactly(new double[] {wanted, Double.NaN}, FLOAT);
  }

  @Test
  void hostileLogits() {
    Tensor one = Tensor.of(new long[] {1}, 1);
    assertThat(Torch.crossEntropy(Tensor.of(new double[] {0, NEGATIVE}, 1, 2), one)).isInfinite();
    assertThat(Torch.crossEntropy(Tensor.of(new double[] {NEGATIVE, NEGATIVE}, 1, 2), one)).isNaN();
    assertThat(Torch.crossEntropy(Tensor.of(new double[] {0, Double.NaN}, 1, 2), one)).isNaN();
    assertThat(Torch.crossEntropy(Tensor.of(new double[] {0, Double.POSITIVE_INFINITY}, 1, 2), one))
        .isNaN();
    assertThat(Torch.crossEntropy(Tensor.of(new float[] {-1e30f, 1e30f}, 1, 2), one)).isZero();
  }

  /** Neither sums nor ranges are checked. */
  @Test
  void takesAnyProbabilities() {
    Tensor input = Tensor.of(new double[] {0, 0}, 1, 2);
    assertThat(Torch.crossEntropy(input, Tensor.of(new double[] {3, -1}, 1, 2)))
        .isCloseTo(2 * Math.log(2), DOUBLE);
    assertThat(Torch.crossEntropy(input, Tensor.of(new double[] {Double.NaN, 0}, 1, 2))).isNaN();
  }

  /** torch.nn._reduction.legacy_get_string. */
  @Test
  void deprecatedReductionArguments() {
    Tensor input = Tensor.of(new double[] {0, 0, 0, 0}, 2, 2);
    Tensor target = Tensor.of(new long[] {0, 1}, 2);
    TorchCrossEntropy call = Torch.crossEntropy();
    String advice =
        "size_average and reduce args will be deprecated, please use reduction='%s' instead.";

    for (TorchCrossEntropy mean :
        List.of(
            call.sizeAverage(true),
            call.reduce(true),
            call.sizeAverage(true).reduce(true),
            call.reduction("none").reduce(true))) {
      TensorLoss loss = mean.evaluate(input, target);
      assertThat(loss.loss()).isCloseTo(Math.log(2), DOUBLE);
      assertThat(loss.warnings()).containsExactly(advice.formatted("mean"));
    }
    TensorLoss sum = call.sizeAverage(false).evaluate(input, target);
    assertThat(sum.loss()).isCloseTo(2 * Math.log(2), DOUBLE);
    assertThat(sum.warnings()).containsExactly(advice.formatted("sum"));
    for (TorchCrossEntropy none :
        List.of(call.reduce(false), call.sizeAverage(false).reduce(false))) {
      assertThat(none.evaluate(input, target).losses().size()).isEqualTo(2);
      assertThat(none.evaluate(input, target).warnings()).containsExactly(advice.formatted("none"));
    }
    TensorLoss old = call.reduction("elementwise_mean").evaluate(input, target);
    assertThat(old.loss()).isCloseTo(Math.log(2), DOUBLE);
    assertThat(old.warnings()).hasSize(1);
  }

  @Test
  void upstreamMultipliesTheGradient() {
    double[] x = {1, 2, 3, 4, 6, 5};
    Tensor input = Tensor.of(x, 2, 3);
    Tensor target = Tensor.of(new long[] {2, 0}, 2);
    double[] gradient = Torch.crossEntropy().withGradient(input, target).gradient().toDoubles();

    assertThat(Torch.crossEntropy().upstream(-3).withGradient(input, target).gradient().toDoubles())
        .containsExactly(Arrays.stream(gradient).map(slope -> -3 * slope).toArray(), DOUBLE);
    double[] rows =
        Torch.crossEntropy()
            .reduction("none")
            .upstream(Tensor.of(new double[] {0.5, 0}, 2))
            .withGradient(input, target)
            .gradient()
            .toDoubles();
    assertThat(Arrays.copyOf(rows, 3)).containsExactly(Arrays.copyOf(gradient, 3), DOUBLE);
    assertThat(Arrays.copyOfRange(rows, 3, 6)).containsOnly(0);
    assertThatThrownBy(
            () ->
                Torch.crossEntropy()
                    .reduction("none")
                    .upstream(Tensor.of(new double[3], 3))
                    .withGradient(input, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("upstream has shape [3], must be that of the losses, [2]");
    assertThatThrownBy(
            () ->
                Torch.crossEntropy()
                    .upstream(Tensor.of(new double[2], 2))
                    .withGradient(input, target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("upstream has shape [2], must be one number for a reduced loss");
  }

  @Test
  void resultsThatWereNotAskedForAreRefused() {
    Tensor input = Tensor.of(new double[] {0, 0}, 1, 2);
    Tensor target = Tensor.of(new long[] {0}, 1);
    TensorLoss none = Torch.crossEntropy().reduction("none").evaluate(input, target);
    assertThatThrownBy(none::loss)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("losses()");
    assertThatThrownBy(none::gradient).hasMessageContaining("withGradient");
    assertThatThrownBy(() -> Torch.crossEntropy().evaluate(input, target).losses())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("loss()");
  }

  /** The refusals of test_nn.py and LossNLL.cpp. */
  @Test
  void refusesWhatPyTorchRefuses() {
    Tensor input = Tensor.of(new float[6], 2, 3);
    Tensor target = Tensor.of(new long[] {0, 1}, 2);
    TorchCrossEntropy call = Torch.crossEntropy();

    assertRefused(() -> call.reduction("average").evaluate(input, target), "must be one of mean");
    assertRefused(
        () -> call.evaluate(input, Tensor.of(new long[3], 3)),
        "expected input batch_size (2) to match target batch_size (3)");
    assertRefused(() -> call.evaluate(input, Tensor.of(new long[2], 2, 1)), "expected target size");
    assertRefused(() -> call.evaluate(input, Tensor.of(new long[1])), "expected target size [2]");
    assertRefused(
        () -> call.evaluate(Tensor.of(new float[3], 3), Tensor.of(new long[1], 1)),
        "expected target size []");
    assertRefused(
        () -> call.evaluate(Tensor.of(new float[1]), Tensor.of(new long[1])),
        "must have 1 or more dimensions");
    assertRefused(
        () -> call.evaluate(Tensor.of(new float[0], 2, 0), target), "must have 1 or more classes");
    assertRefused(() -> call.evaluate(input, Tensor.of(new float[2], 2)), "must be integers");
    assertRefused(
        () -> call.evaluate(input, Tensor.of(new long[6], 2, 3)),
        "Expected floating point type for target with class probabilities, got INT64 [2, 3]");
    assertRefused(
        () -> call.ignoreIndex(0).evaluate(input, Tensor.of(new float[6], 2, 3)),
        "ignore_index is not supported for floating point target");
    assertRefused(
        () -> call.labelSmoothing(1.2).evaluate(input, target),
        "label_smoothing must be between 0.0 and 1.0. Got: 1.2");
    assertRefused(
        () -> call.weight(1, 2).evaluate(input, target),
        "weight tensor should be defined either for all 3 classes or no classes but got weight"
            + " tensor of shape: [2]");
    assertRefused(
        () -> call.weight(Tensor.of(new float[3], 1, 3)).evaluate(input, target), "[1, 3]");
    assertRefused(
        () -> call.evaluate(Tensor.of(new long[6], 2, 3), target), "must be floating point");
    assertThatThrownBy(() -> call.evaluate(input, Tensor.of(new long[] {0, 3}, 2)))
        .isInstanceOf(InvalidTargetException.class);
    assertThatThrownBy(() -> call.evaluate(input, Tensor.of(new long[] {-1, 0}, 2)))
        .isInstanceOf(InvalidTargetException.class);
  }

  private static void assertRefused(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  /** What is not above 0 is no smoothing, as cross_entropy_loss has it. */
  @Test
  void negativeSmoothingIsNone() {
    Tensor input = Tensor.of(new double[] {1, 2}, 1, 2);
    Tensor target = Tensor.of(new long[] {0}, 1);
    assertThat(Torch.crossEntropy().labelSmoothing(-0.5).evaluate(input, target).loss())
        .isEqualTo(Torch.crossEntropy(input, target));
  }

  @Test
  void ignoredIndexMayBeOutOfBounds() {
    Tensor input = Tensor.of(new double[] {1, 2, 1, 2}, 2, 2);
    Tensor target = Tensor.of(new long[] {255, 0}, 2);
    assertThat(Torch.crossEntropy().ignoreIndex(255).evaluate(input, target).loss())
        .isCloseTo(Math.log1p(Math.exp(1)), DOUBLE);
  }

  @Test
  void softmaxAlongEveryAxis() {
    long[] shape = {2, 3, 4};
    double[] x = new Random(9).doubles(24, -5, 5).toArray();
    for (int axis = -3; axis < 3; axis++) {
      RowReference logs = RowReference.along(x, shape, Math.floorMod(axis, 3)).logSoftmax();
      assertThat(Torch.logSoftmax(Tensor.of(x, shape), axis).toDoubles())
          .containsExactly(logs.x, DOUBLE);
      assertThat(Torch.softmax(Tensor.of(x, shape), axis).toDoubles())
          .containsExactly(logs.exponentials(), DOUBLE);
    }
    assertThat(Torch.softmax(Tensor.scalar(7), 0).item()).isEqualTo(1);
    assertThat(Torch.logSoftmax(Tensor.of(new float[] {7}), -1).item()).isZero();
    assertThat(Torch.softmax(Tensor.of(new float[0], 0, 3), 1).shape()).containsExactly(0, 3);
    assertThat(Torch.softmax(Tensor.of(new float[0], 3, 0), 1).shape()).containsExactly(3, 0);
    assertThat(
            Torch.softmax(Tensor.of(new double[] {NEGATIVE, 1, NEGATIVE, NEGATIVE}, 2, 2), 1)
                .toDoubles())
        .containsExactly(0, 1, Double.NaN, Double.NaN);
    assertRefused(() -> Torch.softmax(Tensor.of(x, shape), 3), "dim is 3, must be in -3..2");
    assertRefused(() -> Torch.softmax(Tensor.of(new int[2], 2), 0), "must be floating point");
  }

  @Test
  void halfPrecisionKeepsItsType() {
    short[] bits = {Float.floatToFloat16(1), Float.floatToFloat16(2)};
    Tensor half = Tensor.of(Matrix.of(bits, ElementType.FLOAT16, 1, 2));
    TensorLoss loss = Torch.crossEntropy().withGradient(half, Tensor.of(new int[] {0}, 1));
    assertThat(loss.loss()).isCloseTo(Math.log1p(Math.E), FLOAT);
    assertThat(loss.gradient().type()).isEqualTo(ElementType.FLOAT16);
    assertThat(Torch.softmax(half, 1).type()).isEqualTo(ElementType.FLOAT16);
  }
}
