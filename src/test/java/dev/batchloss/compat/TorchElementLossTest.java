package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every loss of elements over the shapes of PyTorch's own samples (sample_inputs_* of
 * torch/testing/_internal/common_methods_invocations.py, module tests of common_nn.py), held
 * against the formulas of aten/src/ATen/native/Loss.cpp; gradients against finite differences of
 * those.
 */
class TorchElementLossTest {
  private static final Offset<Double> DOUBLE = within(1e-11);
  private static final Offset<Double> FLOAT = within(1e-5);
  private static final BatchLoss ENGINE = BatchLoss.open("cpu");

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  /** A loss, its formula, and where its arguments lie. */
  record Formula(
      String name, TorchElementLoss<?> loss, DoubleBinaryOperator f, double from, double to) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static double huber(double d, double delta) {
    return Math.abs(d) < delta ? 0.5 * d * d : delta * (Math.abs(d) - 0.5 * delta);
  }

  private static double stirling(double y) {
    return y <= 1 ? 0 : y * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI * y);
  }

  private static double logSigmoid(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }

  static Stream<Formula> formulas() {
    return Stream.of(
        new Formula("mse_loss", Torch.mseLoss(), (x, y) -> (x - y) * (x - y), -2, 2),
        new Formula("l1_loss", Torch.l1Loss(), (x, y) -> Math.abs(x - y), -2, 2),
        new Formula("huber_loss", Torch.huberLoss(), (x, y) -> huber(x - y, 1), -2, 2),
        new Formula(
            "huber_loss delta=0.3",
            Torch.huberLoss().delta(0.3),
            (x, y) -> huber(x - y, 0.3),
            -2,
            2),
        new Formula("smooth_l1_loss", Torch.smoothL1Loss(), (x, y) -> huber(x - y, 1), -2, 2),
        new Formula(
            "smooth_l1_loss beta=0.5",
            Torch.smoothL1Loss().beta(0.5),
            (x, y) -> huber(x - y, 0.5) / 0.5,
            -2,
            2),
        new Formula(
            "smooth_l1_loss beta=0",
            Torch.smoothL1Loss().beta(0),
            (x, y) -> Math.abs(x - y),
            -2,
            2),
        new Formula(
            "poisson_nll_loss", Torch.poissonNllLoss(), (x, y) -> Math.exp(x) - y * x, 0, 2),
        new Formula(
            "poisson_nll_loss full",
            Torch.poissonNllLoss().full(true),
            (x, y) -> Math.exp(x) - y * x + stirling(y),
            0,
            2),
        new Formula(
            "poisson_nll_loss rates",
            Torch.poissonNllLoss().logInput(false).eps(1e-4),
            (x, y) -> x - y * Math.log(x + 1e-4),
            0.1,
            5),
        new Formula(
            "poisson_nll_loss rates full",
            Torch.poissonNllLoss().logInput(false).full(true),
            (x, y) -> x - y * Math.log(x + 1e-8) + stirling(y),
            0.1,
            5),
        new Formula(
            "kl_div", Torch.klDiv(), (x, y) -> (y == 0 ? 0 : y * Math.log(y)) - y * x, 0.01, 1),
        new Formula(
            "kl_div log_target",
            Torch.klDiv().logTarget(true),
            (x, y) -> Math.exp(y) * (y - x),
            -4,
            0),
        new Formula(
            "binary_cross_entropy",
            Torch.binaryCrossEntropy(),
            (x, y) -> -(y * Math.log(x) + (1 - y) * Math.log(1 - x)),
            0.05,
            0.95),
        new Formula(
            "binary_cross_entropy_with_logits",
            Torch.binaryCrossEntropyWithLogits(),
            (x, y) -> (1 - y) * x - logSigmoid(x),
            -3,
            3));
  }

  record Case(Formula formula, Shape shape, Shape target, String reduction) {
    @Override
    public String toString() {
      return "%s %s %s %s".formatted(formula, shape, target, reduction);
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    long[][][] same = {
      {{}, {}},
      {{1}, {1}},
      {{5}, {5}},
      {{2, 3}, {2, 3}},
      {{4, 1}, {4, 1}},
      {{2, 3, 2}, {2, 3, 2}},
      {{2, 3, 1, 2}, {2, 3, 1, 2}}
    };
    long[][][] broadcast = {
      {{2, 3}, {3}}, {{2, 3}, {2, 1}}, {{2, 3}, {}}, {{3}, {2, 3}}, {{2, 1}, {1, 3}}, {{}, {4}}
    };
    formulas()
        .forEach(
            formula -> {
              for (String reduction : new String[] {"mean", "sum", "none"}) {
                for (long[][] shapes : same) {
                  cases.add(new Case(formula, Shape.of(shapes[0]), Shape.of(shapes[1]), reduction));
                }
                if (!formula.name.startsWith("binary")) {
                  for (long[][] shapes : broadcast) {
                    cases.add(
                        new Case(formula, Shape.of(shapes[0]), Shape.of(shapes[1]), reduction));
                  }
                }
              }
            });
    return cases.stream();
  }

  /** The losses of all elements of the common shape. */
  private static double[] losses(Case given, double[] x, double[] y, double @Nullable [] weights) {
    Shape common = given.shape().broadcastWith(given.target(), "");
    long[] xs = given.shape().sourcesIn(common);
    long[] ys = given.target().sourcesIn(common);
    double[] losses = new double[xs.length];
    for (int i = 0; i < losses.length; i++) {
      losses[i] =
          (weights == null ? 1 : weights[i])
              * given.formula.f.applyAsDouble(x[(int) xs[i]], y[(int) ys[i]]);
    }
    return losses;
  }

  private static double[] reduce(String reduction, double[] losses, double denominator) {
    double sum = Arrays.stream(losses).sum();
    return switch (reduction) {
      case "mean" -> new double[] {sum / denominator};
      case "sum" -> new double[] {sum};
      default -> losses;
    };
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheFormula(Case given) {
    Random random = new Random(given.toString().hashCode());
    double[] x = random(random, given.shape(), given);
    double[] y = random(random, given.target(), given);
    double[] losses = losses(given, x, y, null);
    double[] wanted = reduce(given.reduction, losses, losses.length);
    TorchLoss<?> call = given.formula.loss.reduction(given.reduction).on(ENGINE);

    TensorLoss loss =
        call.withGradient(
            Tensor.of(x, given.shape().lengths()), Tensor.of(y, given.target().lengths()));
    assertLosses(given, loss, wanted, DOUBLE);
    assertThat(loss.gradient().shape()).isEqualTo(given.shape().lengths());
    double[] gradient = loss.gradient().toDoubles();
    for (int i = 0; i < x.length; i++) {
      double step = 1e-6;
      double[] point = x.clone();
      point[i] = x[i] + step;
      double above =
          Arrays.stream(reduce(given.reduction, losses(given, point, y, null), losses.length))
              .sum();
      point[i] = x[i] - step;
      double below =
          Arrays.stream(reduce(given.reduction, losses(given, point, y, null), losses.length))
              .sum();
      assertThat(gradient[i]).isCloseTo((above - below) / (2 * step), within(2e-5));
    }

    TensorLoss single =
        call.withGradient(
            Tensor.of(Tensor.of(x, given.shape().lengths()).toFloats(), given.shape().lengths()),
            Tensor.of(Tensor.of(y, given.target().lengths()).toFloats(), given.target().lengths()));
    assertLosses(given, single, wanted, within(1e-5 * Math.max(1, losses.length)));
    assertThat(single.gradient().type()).isEqualTo(ElementType.FLOAT32);
  }

  private static double[] random(Random random, Shape shape, Case given) {
    return random.doubles(shape.size(), given.formula.from, given.formula.to).toArray();
  }

  private static void assertLosses(
      Case given, TensorLoss loss, double[] wanted, Offset<Double> tolerance) {
    if (given.reduction.equals("none")) {
      assertThat(loss.losses().shape())
          .isEqualTo(given.shape().broadcastWith(given.target(), "").lengths());
      assertThat(loss.losses().toDoubles()).containsExactly(wanted, tolerance);
    } else {
      assertThat(loss.loss()).isCloseTo(wanted[0], tolerance);
    }
  }

  /** Weights of the input's shape: mse and l1 divide by their sum, the others by the elements. */
  @ParameterizedTest
  @MethodSource("weighted")
  void weights(Formula formula) {
    Random random = new Random(17);
    for (long[] shape : new long[][] {{}, {4}, {2, 3}, {2, 3, 2}}) {
      for (String reduction : new String[] {"mean", "sum", "none"}) {
        Case given = new Case(formula, Shape.of(shape), Shape.of(shape), reduction);
        double[] x = random(random, given.shape(), given);
        double[] y = random(random, given.shape(), given);
        double[] weights = random.doubles(x.length, 0, 2).toArray();
        double[] losses = losses(given, x, y, weights);
        Tensor weight = Tensor.of(weights, shape);
        boolean averages = formula.name.equals("mse_loss") || formula.name.equals("l1_loss");
        double denominator = averages ? Arrays.stream(weights).sum() : losses.length;
        TensorLoss loss =
            weighted(formula.loss, weight)
                .reduction(reduction)
                .on(ENGINE)
                .withGradient(Tensor.of(x, shape), Tensor.of(y, shape));

        assertLosses(given, loss, reduce(reduction, losses, denominator), DOUBLE);
        double step = 1e-6;
        double slope =
            (formula.f.applyAsDouble(x[0] + step, y[0])
                    - formula.f.applyAsDouble(x[0] - step, y[0]))
                / (2 * step);
        double scale = reduction.equals("mean") ? denominator : 1;
        assertThat(loss.gradient().toDoubles()[0])
            .isCloseTo(weights[0] * slope / scale, within(2e-5));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("weighted")
  void upstreamAndWeightsBothMultiply(Formula formula) {
    Tensor input = Tensor.of(new double[] {0.3, 0.6}, 2);
    Tensor target = Tensor.of(new double[] {0.5, 0.1}, 2);
    TorchLoss<?> call =
        weighted(formula.loss, Tensor.of(new double[] {3, 0.5}, 2)).reduction("none").on(ENGINE);
    double[] plain = call.withGradient(input, target).gradient().toDoubles();
    assertThat(
            call.upstream(Tensor.of(new double[] {2, -4}, 2))
                .withGradient(input, target)
                .gradient()
                .toDoubles())
        .containsExactly(new double[] {2 * plain[0], -4 * plain[1]}, DOUBLE);
  }

  static Stream<Formula> weighted() {
    return formulas().filter(formula -> formula.name.matches("mse_loss|l1_loss|huber.*|binary.*"));
  }

  private static TorchLoss<?> weighted(TorchElementLoss<?> loss, Tensor weight) {
    return switch (loss) {
      case TorchMseLoss mse -> mse.weight(weight);
      case TorchL1Loss l1 -> l1.weight(weight);
      case TorchHuberLoss huber -> huber.weight(weight);
      case TorchBinaryCrossEntropy binary -> binary.weight(weight);
      case TorchBinaryCrossEntropyWithLogits logits -> logits.weight(weight);
      default -> throw new IllegalArgumentException("no weights: " + loss);
    };
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void upstreamMultipliesTheGradient(Formula formula) {
    Tensor input = Tensor.of(new double[] {0.3, 0.6, 0.2, 0.9}, 2, 2);
    Tensor target = Tensor.of(new double[] {0.5, 0.1, 0.8, 0.4}, 2, 2);
    double[] factors = {2, -1, 0, 0.5};
    TorchLoss<?> call = formula.loss.on(ENGINE);
    double[] sum = call.reduction("sum").withGradient(input, target).gradient().toDoubles();
    double[] wanted = new double[4];
    Arrays.setAll(wanted, i -> factors[i] * sum[i]);

    TorchLoss<?> none = call.reduction("none");
    assertThat(none.withGradient(input, target).gradient().toDoubles())
        .containsExactly(sum, DOUBLE);
    assertThat(
            none.upstream(Tensor.of(factors, 2, 2))
                .withGradient(input, target)
                .gradient()
                .toDoubles())
        .containsExactly(wanted, DOUBLE);
    assertThat(
            call.reduction("mean").upstream(8).withGradient(input, target).gradient().toDoubles())
        .containsExactly(Arrays.stream(sum).map(slope -> 2 * slope).toArray(), DOUBLE);
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void nothingAtAll(Formula formula) {
    for (long[] shape : new long[][] {{0}, {0, 3}, {3, 0}, {2, 0, 4}}) {
      Tensor none = Tensor.of(new float[0], shape);
      TorchLoss<?> call = formula.loss.on(ENGINE);
      TensorLoss mean = call.withGradient(none, none);
      assertThat(mean.loss()).isNaN();
      assertThat(mean.gradient().shape()).isEqualTo(shape);
      assertThat(call.reduction("sum").evaluate(none, none).loss()).isZero();
      assertThat(call.reduction("none").evaluate(none, none).losses().shape()).isEqualTo(shape);
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void nanStaysInItsElement(Formula formula) {
    if (formula.name.equals("binary_cross_entropy")) {
      return;
    }
    Tensor input = Tensor.of(new double[] {0.5, Double.NaN, 0.5}, 3);
    Tensor target = Tensor.of(new double[] {0.5, 0.5, Double.NaN}, 3);
    TensorLoss loss = formula.loss.reduction("none").on(ENGINE).withGradient(input, target);
    assertThat(loss.losses().toDoubles()[0]).isFinite();
    assertThat(loss.losses().toDoubles()[1]).isNaN();
    assertThat(loss.losses().toDoubles()[2]).isNaN();
    assertThat(loss.gradient().toDoubles()[0]).isFinite();
    assertThat(loss.gradient().toDoubles()[1]).isNaN();
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void takesIntegersAsTargets(Formula formula) {
    Tensor input = Tensor.of(new float[] {0.25f, 0.5f}, 2);
    TorchLoss<?> call = formula.loss.on(ENGINE);
    assertThat(call.evaluate(input, Tensor.of(new int[] {1, 0}, 2)).loss())
        .isCloseTo(call.evaluate(input, Tensor.of(new double[] {1, 0}, 2)).loss(), FLOAT);
  }
}
