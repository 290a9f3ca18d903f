package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Losses and gradients as Keras 3.15 computes them, with the JAX backend in 64 bits: the calls of
 * its own losses_test.py, random ones over options, shapes, weights and reductions, and predictions
 * that are not finite. The resource's head says how a line reads.
 */
class KerasCasesTest {
  private static final BatchLoss ENGINE = BatchLoss.open("scalar");

  /** Values have nine digits, and those of losses that are a mean along an axis are of 32 bits. */
  private static final double TOLERANCE = 3e-7;

  @AfterAll
  static void closeEngine() {
    ENGINE.close();
  }

  static List<String> cases() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    KerasCasesTest.class.getResourceAsStream("/keras/cases.txt")),
                StandardCharsets.UTF_8))) {
      return lines.lines().filter(line -> !line.startsWith("#")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isWhatKerasComputes(String line) {
    String[] fields = line.split("\\|", -1);
    KerasLoss<?> loss = loss(fields[0], options(fields[1]), fields[2], tensor(fields[6]));
    Tensor yTrue = Objects.requireNonNull(tensor(fields[3]));
    Tensor yPred = Objects.requireNonNull(tensor(fields[4]));
    Tensor sampleWeight = tensor(fields[5]);
    if (fields[7].equals("refused")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> evaluate(loss, yTrue, yPred, sampleWeight));
      return;
    }
    TensorLoss found = evaluate(loss, yTrue, yPred, sampleWeight);
    boolean isReduced = !fields[2].equals("None");
    Tensor got = isReduced ? Tensor.scalar(found.loss()) : found.losses();
    requireClose(got, Objects.requireNonNull(tensor(fields[7])));
    Tensor slopes = tensor(fields[8]);
    if (slopes != null) {
      requireClose(found.gradient(), slopes);
    }
  }

  private static TensorLoss evaluate(
      KerasLoss<?> loss, Tensor yTrue, Tensor yPred, @Nullable Tensor sampleWeight) {
    return sampleWeight == null
        ? loss.withGradient(yTrue, yPred)
        : loss.withGradient(yTrue, yPred, sampleWeight);
  }

  private static void requireClose(Tensor got, Tensor want) {
    assertThat(got.shape()).containsExactly(want.shape());
    for (long i = 0; i < want.size(); i++) {
      if (Double.isNaN(want.at(i))) {
        assertThat(got.at(i)).isNaN();
      } else if (Double.isInfinite(want.at(i))) {
        assertThat(got.at(i)).isEqualTo(want.at(i));
      } else {
        assertThat(got.at(i))
            .isCloseTo(want.at(i), within(TOLERANCE * (1e-3 + Math.abs(want.at(i)))));
      }
    }
  }

  private static KerasLoss<?> loss(
      String name, Map<String, String> options, String reduction, @Nullable Tensor mask) {
    KerasLoss<?> loss =
        loss(name, options).on(ENGINE).reduction(reduction.equals("None") ? null : reduction);
    return mask == null ? loss : loss.mask(mask);
  }

  private static KerasLoss<?> loss(String name, Map<String, String> options) {
    return switch (name) {
      case "cce" -> categorical(options);
      case "scce" -> sparse(options);
      case "focal" -> focal(options);
      case "gce" -> Keras.categoricalGeneralizedCrossEntropy().q(number(options, "q", 0.5));
      case "bce" -> binary(options);
      case "bfocal" -> binaryFocal(options);
      case "mse" -> Keras.meanSquaredError();
      case "mae" -> Keras.meanAbsoluteError();
      case "mape" -> Keras.meanAbsolutePercentageError();
      case "msle" -> Keras.meanSquaredLogarithmicError();
      case "logcosh" -> Keras.logCosh();
      case "poisson" -> Keras.poisson();
      case "kld" -> Keras.klDivergence();
      case "hinge" -> Keras.hinge();
      case "sqhinge" -> Keras.squaredHinge();
      case "chinge" -> Keras.categoricalHinge();
      case "huber" -> Keras.huber().delta(number(options, "delta", 1));
      case "cos" -> Keras.cosineSimilarity().axis(axis(options));
      default -> throw new IllegalStateException("no such loss: " + name);
    };
  }

  private static KerasLoss<?> categorical(Map<String, String> options) {
    KerasCategoricalCrossentropy loss =
        Keras.categoricalCrossentropy()
            .labelSmoothing(number(options, "label_smoothing", 0))
            .axis(axis(options));
    return isOn(options, "from_logits") ? loss.fromLogits() : loss;
  }

  private static KerasLoss<?> sparse(Map<String, String> options) {
    KerasSparseCategoricalCrossentropy loss =
        Keras.sparseCategoricalCrossentropy().axis(axis(options));
    String ignored = options.getOrDefault("ignore_class", "");
    KerasSparseCategoricalCrossentropy ignoring =
        ignored.isEmpty() ? loss : loss.ignoreClass(Long.parseLong(ignored));
    return isOn(options, "from_logits") ? ignoring.fromLogits() : ignoring;
  }

  private static KerasLoss<?> focal(Map<String, String> options) {
    double[] alpha =
        Arrays.stream(options.getOrDefault("alpha", "0.25").split(" "))
            .mapToDouble(Double::parseDouble)
            .toArray();
    KerasCategoricalFocalCrossentropy loss =
        Keras.categoricalFocalCrossentropy()
            .alpha(alpha)
            .gamma(number(options, "gamma", 2))
            .labelSmoothing(number(options, "label_smoothing", 0))
            .axis(axis(options));
    return isOn(options, "from_logits") ? loss.fromLogits() : loss;
  }

  private static KerasLoss<?> binary(Map<String, String> options) {
    KerasBinaryCrossentropy loss =
        Keras.binaryCrossentropy()
            .labelSmoothing(number(options, "label_smoothing", 0))
            .axis(axis(options));
    return isOn(options, "from_logits") ? loss.fromLogits() : loss;
  }

  private static KerasLoss<?> binaryFocal(Map<String, String> options) {
    KerasBinaryFocalCrossentropy loss =
        Keras.binaryFocalCrossentropy()
            .alpha(number(options, "alpha", 0.25))
            .gamma(number(options, "gamma", 2))
            .labelSmoothing(number(options, "label_smoothing", 0))
            .axis(axis(options));
    KerasBinaryFocalCrossentropy balanced =
        isOn(options, "balance") ? loss.applyClassBalancing() : loss;
    return isOn(options, "from_logits") ? balanced.fromLogits() : balanced;
  }

  private static Map<String, String> options(String field) {
    Map<String, String> options = new HashMap<>();
    for (String option : field.split(";", -1)) {
      int at = option.indexOf('=');
      if (at > 0) {
        options.put(option.substring(0, at), option.substring(at + 1));
      }
    }
    return options;
  }

  private static boolean isOn(Map<String, String> options, String name) {
    return "1".equals(options.get(name));
  }

  private static int axis(Map<String, String> options) {
    return (int) number(options, "axis", -1);
  }

  private static double number(Map<String, String> options, String name, double otherwise) {
    String value = options.get(name);
    return value == null ? otherwise : Double.parseDouble(value);
  }

  private static @Nullable Tensor tensor(String field) {
    if (field.equals("-")) {
      return null;
    }
    int colon = field.indexOf(':');
    String lengths = field.substring(0, colon);
    long[] shape =
        lengths.isEmpty()
            ? new long[0]
            : Arrays.stream(lengths.split("x")).mapToLong(Long::parseLong).toArray();
    double[] values =
        Arrays.stream(field.substring(colon + 1).split(","))
            .mapToDouble(KerasCasesTest::value)
            .toArray();
    return Tensor.of(values, shape);
  }

  private static double value(String text) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }
}
