package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The shapes and options of onnx/backend/test/case/node/softmaxcrossentropy.py,
 * negativeloglikelihoodloss.py, softmax.py and logsoftmax.py, held against the formulas there; the
 * literal numbers are those of their first inputs, numpy.random.seed(0), computed in float64.
 */
class OnnxTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final Offset<Double> FLOAT = within(1e-5);

  private static final float[] FIRST_SCORES = {
    0.5488135f, 0.71518934f, 0.60276335f, 0.5448832f, 0.4236548f,
    0.6458941f, 0.4375872f, 0.891773f, 0.96366274f, 0.3834415f,
    0.79172504f, 0.5288949f, 0.56804454f, 0.92559665f, 0.071036056f
  };
  private static final Tensor SCORES = Tensor.of(FIRST_SCORES, 3, 5);
  private static final Tensor LABELS = Tensor.of(new long[] {1, 4, 3}, 3);
  private static final Tensor OTHER_WEIGHTS = Tensor.of(new double[] {0.2, 0.3, 0.6, 0.1, 0.5}, 5);
  private static final double[] WEIGHTS = {0.9, 0.7, 0.8, 0.9, 0.9};

  record Case(Shape shape, @Nullable Tensor weights, @Nullable Long ignoreIndex, String reduction) {
    @Override
    public String toString() {
      return "%s weights=%s ignore=%s %s"
          .formatted(shape, Arrays.toString(values()), ignoreIndex, reduction);
    }

    long[] lengths() {
      return shape.lengths();
    }

    double @Nullable [] values() {
      return weights == null ? null : weights.toDoubles();
    }

    OnnxLoss applyTo(OnnxLoss loss) {
      OnnxLoss reduced = loss.reduction(reduction);
      OnnxLoss weighted = weights == null ? reduced : reduced.weights(weights);
      return ignoreIndex == null ? weighted : weighted.ignoreIndex(ignoreIndex);
    }

    double[] reduce(double[] losses, long[] labels) {
      double sum = Arrays.stream(losses).sum();
      return switch (reduction) {
        case "none" -> losses;
        case "sum" -> new double[] {sum};
        default -> new double[] {sum / RowReference.weightSum(labels, values(), ignoreIndex)};
      };
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    long[][] shapes = {{3, 5}, {3, 5, 2}, {3, 5, 2, 7}, {3, 5, 6, 6}, {3, 5, 2, 3, 2, 3, 2}};
    for (long[] shape : shapes) {
      for (Tensor weights : new Tensor[] {null, Tensor.of(WEIGHTS, 5), OTHER_WEIGHTS}) {
        for (Long ignoreIndex : new Long[] {null, 0L, 1L, 2L, -1L, 10L, -5L}) {
          for (String reduction : new String[] {"none", "sum", "mean"}) {
            cases.add(new Case(Shape.of(shape), weights, ignoreIndex, reduction));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(Case given) {
    Shape shape = given.shape;
    Shape labelShape = shape.without(1);
    Random random = new Random(given.toString().hashCode());
    double[] x = random.doubles(shape.size(), -2, 2).toArray();
    long[] labels = random.longs(labelShape.size(), 0, 5).toArray();
    if (given.ignoreIndex != null) {
      labels[0] = given.ignoreIndex;
    }
    RowReference logs = RowReference.along(x, given.lengths(), 1).logSoftmax();
    double[] wanted = given.reduce(logs.nll(labels, given.values(), given.ignoreIndex), labels);
    Tensor target = Tensor.of(labels, labelShape.lengths());

    OnnxLoss softmax = given.applyTo(Onnx.softmaxCrossEntropyLoss()).withLogProb();
    TensorLoss loss = softmax.evaluate(Tensor.of(x, given.lengths()), target);
    assertLosses(given, loss, wanted);
    assertThat(loss.logProb().toDoubles()).containsExactly(logs.x, DOUBLE);
    assertThat(loss.logProb().shape()).isEqualTo(given.lengths());

    OnnxLoss likelihood = given.applyTo(Onnx.negativeLogLikelihoodLoss());
    Tensor logarithms = Tensor.of(logs.x, given.lengths());
    assertLosses(given, likelihood.evaluate(logarithms, target), wanted);

    double denominator =
        given.reduction.equals("mean")
            ? RowReference.weightSum(labels, given.values(), given.ignoreIndex)
            : 1;
    assertThat(likelihood.withGradient(logarithms, target).gradient().toDoubles())
        .containsExactly(
            logs.nllSlopes(labels, given.values(), given.ignoreIndex, denominator), DOUBLE);
  }

  private static void assertLosses(Case given, TensorLoss loss, double[] wanted) {
    if (given.reduction.equals("none")) {
      assertThat(loss.losses().shape()).isEqualTo(given.shape.without(1).lengths());
      assertThat(loss.losses().toDoubles()).containsExactly(wanted, DOUBLE);
    } else {
      assertThat(loss.loss()).isCloseTo(wanted[0], DOUBLE);
    }
  }

  @Test
  void theFirstInputsOfTheSuite() {
    OnnxLoss loss = Onnx.softmaxCrossEntropyLoss();
    assertThat(loss.reduction("none").evaluate(SCORES, LABELS).losses().toDoubles())
        .containsExactly(new double[] {1.46577866, 1.91761381, 1.30076188}, FLOAT);
    assertThat(
            loss.reduction("none").weights(WEIGHTS).evaluate(SCORES, LABELS).losses().toDoubles())
        .containsExactly(new double[] {1.02604504, 1.72585238, 1.17068566}, FLOAT);
    assertThat(loss.reduction("sum").evaluate(SCORES, LABELS).loss())
        .isCloseTo(4.684154347149264, FLOAT);
    assertThat(Onnx.softmaxCrossEntropyLoss(SCORES, LABELS)).isCloseTo(1.5613847823830882, FLOAT);
    assertThat(loss.weights(WEIGHTS).evaluate(SCORES, LABELS).loss())
        .isCloseTo(1.5690332720648101, FLOAT);
    Tensor firstIgnored = Tensor.of(new int[] {0, 4, 3}, 3);
    assertThat(
            loss.weights(Tensor.of(new float[] {0.9f, 0.7f, 0.8f, 0.9f, 0.9f}, 5))
                .ignoreIndex(0)
                .evaluate(SCORES, firstIgnored)
                .loss())
        .isCloseTo(1.6091878446034216, FLOAT);
    Tensor twoIgnored = Tensor.of(new long[] {2, 3, 2}, 3);
    assertThat(loss.ignoreIndex(2).evaluate(SCORES, twoIgnored).loss())
        .isCloseTo(1.3373925759387197, FLOAT);
    Tensor logProb = loss.withLogProb().evaluate(SCORES, LABELS).logProb();
    assertThat(logProb.type()).isEqualTo(ElementType.FLOAT32);
    assertThat(Arrays.copyOf(logProb.toDoubles(), 5))
        .containsExactly(
            new double[] {-1.63215447, -1.46577866, -1.57820464, -1.6360848, -1.7573132}, FLOAT);
  }

  @Test
  void logProbComesBesidesTheGradient() {
    TensorLoss plain = Onnx.softmaxCrossEntropyLoss().withGradient(SCORES, LABELS);
    TensorLoss both = Onnx.softmaxCrossEntropyLoss().withLogProb().withGradient(SCORES, LABELS);
    assertThat(both.gradient().toDoubles()).isEqualTo(plain.gradient().toDoubles());
    double[] rows = new double[3];
    double[] probabilities = Onnx.softmax(SCORES).toDoubles();
    double[] logarithms = both.logProb().toDoubles();
    for (int i = 0; i < 15; i++) {
      double hit = i % 5 == LABELS.toLongs()[i / 5] ? 1 : 0;
      assertThat(plain.gradient().toDoubles()[i]).isCloseTo((probabilities[i] - hit) / 3, FLOAT);
      rows[i / 5] += Math.exp(logarithms[i]);
    }
    assertThat(rows).containsExactly(new double[] {1, 1, 1}, FLOAT);
    assertThatThrownBy(plain::logProb).hasMessageContaining("withLogProb");
    assertThat(
            Onnx.softmaxCrossEntropyLoss()
                .upstream(2)
                .withGradient(SCORES, LABELS)
                .gradient()
                .toDoubles()[0])
        .isCloseTo(2 * plain.gradient().toDoubles()[0], FLOAT);
  }

  @Test
  void thereIsNoIgnoredIndexUnlessSaid() {
    Tensor labels = Tensor.of(new long[] {1, -100, 3}, 3);
    assertThatThrownBy(() -> Onnx.softmaxCrossEntropyLoss(SCORES, labels))
        .isInstanceOf(InvalidTargetException.class);
    assertThat(Onnx.softmaxCrossEntropyLoss().ignoreIndex(-100).evaluate(SCORES, labels).loss())
        .isCloseTo((1.46577866 + 1.30076188) / 2, FLOAT);
  }

  @Test
  void nothingCounted() {
    Tensor scores = Tensor.of(new float[0], 0, 3);
    Tensor none = Tensor.of(new long[0], 0);
    assertThat(Onnx.softmaxCrossEntropyLoss(scores, none)).isNaN();
    TensorLoss loss =
        Onnx.softmaxCrossEntropyLoss().reduction("none").withLogProb().evaluate(scores, none);
    assertThat(loss.losses().shape()).containsExactly(0);
    assertThat(loss.logProb().shape()).containsExactly(0, 3);
    Tensor ignored = Tensor.of(new int[] {2, 2, 2}, 3);
    assertThat(Onnx.negativeLogLikelihoodLoss().ignoreIndex(2).evaluate(SCORES, ignored).loss())
        .isNaN();
  }

  @Test
  void refusesWhatDoesNotFit() {
    OnnxLoss loss = Onnx.softmaxCrossEntropyLoss();
    assertRefused(() -> loss.reduction("avg").evaluate(SCORES, LABELS), "reduction is 'avg'");
    assertRefused(
        () -> loss.weights(1, 2).evaluate(SCORES, LABELS),
        "weights has shape [2], must be one a class: [5]");
    assertRefused(
        () -> loss.evaluate(SCORES, Tensor.of(new long[2], 2)),
        "labels has shape [2], must be [3] for scores of shape [3, 5]");
    assertRefused(
        () -> loss.evaluate(Tensor.of(new float[5], 5), Tensor.of(new long[1])),
        "scores has shape [5], must be (N, C)");
    assertRefused(() -> loss.evaluate(SCORES, Tensor.of(new float[3], 3)), "must be integers");
    assertRefused(
        () -> loss.evaluate(Tensor.of(new int[15], 3, 5), LABELS), "must be floating point");
    assertThatThrownBy(() -> Onnx.negativeLogLikelihoodLoss().withLogProb())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("log_prob");
  }

  private static void assertRefused(Runnable call, String message) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void softmaxOfTheSuite() {
    Tensor small = Tensor.of(new float[] {-1, 0, 1}, 1, 3);
    assertThat(Onnx.softmax(small).toDoubles())
        .containsExactly(new double[] {0.09003058, 0.24472848, 0.66524094}, FLOAT);
    assertThat(Onnx.logSoftmax(small).toDoubles())
        .containsExactly(new double[] {-2.4076061, -1.407606, -0.407606}, FLOAT);
    Tensor large = Tensor.of(new float[] {0, 1, 2, 3, 10000, 10001, 10002, 10003}, 2, 4);
    double[] row = {0.0320586, 0.08714432, 0.23688284, 0.64391428};
    assertThat(Arrays.copyOfRange(Onnx.softmax(large).toDoubles(), 4, 8))
        .containsExactly(row, FLOAT);
    double[] logRow = {-3.4401896, -2.4401896, -1.4401896, -0.44018966};
    assertThat(Arrays.copyOfRange(Onnx.logSoftmax(large).toDoubles(), 4, 8))
        .containsExactly(logRow, FLOAT);

    long[] shape = {3, 4, 5};
    double[] x = new Random(3).doubles(60, 0, 3).toArray();
    for (int axis : new int[] {0, 1, 2, -1, -3}) {
      RowReference logs = RowReference.along(x, shape, Math.floorMod(axis, 3)).logSoftmax();
      assertThat(Onnx.logSoftmax(Tensor.of(x, shape), axis).toDoubles())
          .containsExactly(logs.x, DOUBLE);
      assertThat(Onnx.softmax(Tensor.of(x, shape), axis).toDoubles())
          .containsExactly(logs.exponentials(), DOUBLE);
    }
    assertThat(Onnx.softmax(Tensor.of(x, shape)).toDoubles())
        .isEqualTo(Onnx.softmax(Tensor.of(x, shape), 2).toDoubles());
    assertThatThrownBy(() -> Onnx.softmax(small, 2)).hasMessageContaining("axis is 2");
  }
}
