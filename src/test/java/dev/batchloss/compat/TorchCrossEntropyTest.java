package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cases of PyTorch's test/test_nn.py (test_cross_entropy_*, test_nll_loss_*) and of the samples in
 * torch/testing/_internal/common_methods_invocations.py, held against the formulas of LossNLL.cpp.
 */
class TorchCrossEntropyTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final Offset<Double> FLOAT = within(2e-5);

  /** Everything that one call takes. */
  record Case(
      Shape shape,
      boolean soft,
      @Nullable Tensor weight,
      long ignoreIndex,
      double smoothing,
      String reduction) {
    @Override
    public String toString() {
      return "%s soft=%s weight=%s ignore=%d smoothing=%s %s"
          .formatted(shape, soft, Arrays.toString(values()), ignoreIndex, smoothing, reduction);
    }

    long[] lengths() {
      return shape.lengths();
    }

    double @Nullable [] values() {
      return weight == null ? null : weight.toDoubles();
    }

    int classAxis() {
      return shape.rank() == 1 ? 0 : 1;
    }

    long[] lossShape() {
      return shape.without(classAxis()).lengths();
    }

    int size() {
      return (int) shape.size();
    }

    int rows() {
      return (int) Shape.of(lossShape()).size();
    }

    TorchCrossEntropy call() {
      TorchCrossEntropy call =
          Torch.crossEntropy()
              .reduction(reduction)
              .ignoreIndex(ignoreIndex)
              .labelSmoothing(smoothing);
      return weight == null ? call : call.weight(weight);
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    long[][] shapes = {{4}, {3, 4}, {1, 4}, {3, 4, 2}, {2, 4, 3, 2}, {2, 4, 1, 3, 2}, {3, 1}};
    for (long[] shape : shapes) {
      int classes = (int) shape[shape.length == 1 ? 0 : 1];
      double[] weight = Arrays.copyOf(new double[] {0.5, 2, 0.25, 1.5}, classes);
      for (boolean soft : new boolean[] {false, true}) {
        for (Tensor weights : new Tensor[] {null, Tensor.of(weight, classes)}) {
          for (double smoothing : new double[] {0, 0.15, 1}) {
            for (String reduction : new String[] {"mean", "sum", "none"}) {
              cases.add(new Case(Shape.of(shape), soft, weights, -100, smoothing, reduction));
              if (!soft) {
                cases.add(new Case(Shape.of(shape), false, weights, 0, smoothing, reduction));
                cases.add(new Case(Shape.of(shape), false, weights, 1, smoothing, reduction));
              }
            }
          }
        }
      }
    }
    return cases.stream();
  }

  /** What a case's loss is, for these logits. */
  private static double[] reference(Case given, double[] x, long[] hard, double[] soft) {
    RowReference logs = RowReference.along(x, given.lengths(), given.classAxis()).logSoftmax();
    double[] losses;
    double denominator;
    if (given.soft) {
      losses = logs.soft(soft, given.values(), given.smoothing);
      denominator = given.rows();
    } else {
      losses = logs.nll(hard, given.values(), given.ignoreIndex);
      double[] smooth = logs.smooth(hard, given.values(), given.ignoreIndex);
      for (int row = 0; row < losses.length; row++) {
        losses[row] =
            (1 - given.smoothing) * losses[row]
                + (given.smoothing == 0 ? 0 : given.smoothing / logs.classes * smooth[row]);
      }
      denominator = RowReference.weightSum(hard, given.values(), given.ignoreIndex);
    }
    return switch (given.reduction) {
      case "mean" -> new double[] {Arrays.stream(losses).sum() / denominator};
      case "sum" -> new double[] {Arrays.stream(losses).sum()};
      default -> losses;
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheFormula(Case given) {
    Random random = new Random(given.toString().hashCode());
    double[] x = random.doubles(given.size(), -4, 4).toArray();
    long[] hard = random.longs(given.rows(), 0, given.shape.length(given.classAxis())).toArray();
    double[] soft = random.doubles(given.size(), 0, 1).toArray();
    double[] wanted = reference(given, x, hard, soft);
    Tensor target =
        given.soft ? Tensor.of(soft, given.lengths()) : Tensor.of(hard, given.lossShape());

    TensorLoss loss = given.call().withGradient(Tensor.of(x, given.lengths()), target);
    assertLosses(given, loss, wanted, DOUBLE);
    if (Arrays.stream(wanted).allMatch(Double::isFinite)) {
      assertThat(loss.gradient().shape()).isEqualTo(given.lengths());
      assertThat(loss.gradient().toDoubles())
          .usingComparatorWithPrecision(1e-6)
          .containsExactly(
              differences(x, point -> Arrays.stream(reference(given, point, hard, soft)).sum()));
    }

    float[] floats = toFloats(x);
    Tensor floatTarget = given.soft ? Tensor.of(toFloats(soft), given.lengths()) : target;
    TensorLoss single = given.call().withGradient(Tensor.of(floats, given.lengths()), floatTarget);
    assertLosses(given, single, wanted, FLOAT);
    assertThat(single.gradient().type()).isEqualTo(ElementType.FLOAT32);
  }

  private static void assertLosses(
      Case given, TensorLoss loss, double[] wanted, Offset<Double> tolerance) {
    if (given.reduction.equals("none")) {
      assertThat(loss.losses().shape()).isEqualTo(given.lossShape());
      assertThat(loss.losses().toDoubles()).containsExactly(wanted, tolerance);
    } else {
      assertThat(loss.loss()).isCloseTo(wanted[0], tolerance);
    }
    assertThat(loss.warnings()).isEmpty();
  }

  private static double[] differences(double[] x, ToDoubleFunction<double[]> function) {
    double step = 1e-5;
    double[] slopes = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double[] point = x.clone();
      point[i] = x[i] + step;
      double above = function.applyAsDouble(point);
      point[i] = x[i] - step;
      slopes[i] = (above - function.applyAsDouble(point)) / (2 * step);
    }
    return slopes;
  }

  private static float[] toFloats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
