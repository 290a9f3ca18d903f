package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.InvalidTargetException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.InputKind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bad numbers are refused: what, which row, which value; and nothing has been written. */
interface RefusalConformance extends ConformanceTests {
  int REFUSED_ROWS = 300;
  int REFUSED_CLASSES = 4;
  float UNTOUCHED = 42;

  @Test
  default void classTargetsOutOfRange() {
    long[][] bad = {{4, 1}, {-1, 1}, {-100, 1}, {Long.MIN_VALUE, 1}, {(1L << 32) + 1, 2}, {99, 3}};
    List<CrossEntropy> withAndWithoutAnIgnoredClass =
        List.of(CrossEntropy.builder().ignoreIndex(-7).build(), CrossEntropy.builder().build());
    try (BatchLoss engine = backend().open()) {
      for (long[] valueAndCount : bad) {
        long[] targets = new long[REFUSED_ROWS];
        for (int i = 0; i < valueAndCount[1]; i++) {
          targets[123 + 50 * i] = valueAndCount[0];
        }
        for (CrossEntropy loss : withAndWithoutAnIgnoredClass) {
          requireUntouched(
              engine, loss, Targets.classes(targets), valueAndCount[0], valueAndCount[1]);
          if (valueAndCount[0] == (int) valueAndCount[0]) {
            int[] narrow = Arrays.stream(targets).mapToInt(target -> (int) target).toArray();
            requireUntouched(
                engine, loss, Targets.classes(narrow), valueAndCount[0], valueAndCount[1]);
          }
        }
      }
    }
  }

  private static void requireUntouched(
      BatchLoss engine, CrossEntropy loss, ClassTargets targets, long value, long count) {
    float[] gradient = new float[REFUSED_ROWS * REFUSED_CLASSES];
    Arrays.fill(gradient, UNTOUCHED);
    Matrix input = Samples.logits(1, ElementType.FLOAT32, REFUSED_ROWS, REFUSED_CLASSES);
    Outputs outputs = Outputs.gradientInto(Matrix.of(gradient, REFUSED_ROWS, REFUSED_CLASSES));
    InvalidTargetException refusal =
        catchThrowableOfType(
            InvalidTargetException.class, () -> engine.evaluate(loss, input, targets, outputs));
    assertThat(refusal).isNotNull();
    assertThat(refusal.row()).isEqualTo(123);
    assertThat(refusal.value()).isEqualTo(value);
    assertThat(refusal.count()).isEqualTo(count);
    assertThat(refusal.classes()).isEqualTo(REFUSED_CLASSES);
    assertThat(refusal)
        .hasMessageStartingWith("target of row 123 is " + value + ", must be in 0..3");
    assertThat(gradient).containsOnly(UNTOUCHED);
    requireInputUntouched(engine, loss, input, targets, "target of row 123 is");
  }

  @Test
  default void sampleWeightsThatAreNotFinite() {
    try (BatchLoss engine = backend().open()) {
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        double[] weights = new double[REFUSED_ROWS];
        weights[200] = bad;
        weights[250] = bad;
        String message = "sample weight of row 200 is " + bad + ", must be finite";
        Matrix input = Samples.logits(1, ElementType.FLOAT32, REFUSED_ROWS, REFUSED_CLASSES);
        Targets classes = Targets.classes(new int[REFUSED_ROWS]).withSampleWeights(weights);
        requireInputUntouched(engine, CrossEntropy.builder().build(), input, classes, message);
        Targets distributions = Targets.probabilities(uniform()).withSampleWeights(weights);
        requireInputUntouched(
            engine, CrossEntropy.builder().build(), input, distributions, message);
      }
    }
  }

  @Test
  default void targetProbabilitiesOutsideTheUnitInterval() {
    try (BatchLoss engine = backend().open()) {
      for (float bad : new float[] {-0.25f, 1.5f, Float.NaN, Float.POSITIVE_INFINITY}) {
        Matrix targets = uniform();
        targets.set(211, 2, bad);
        targets.set(290, 0, bad);
        Matrix input = Samples.logits(1, ElementType.FLOAT32, REFUSED_ROWS, REFUSED_CLASSES);
        CrossEntropy loss = CrossEntropy.builder().build();
        String message =
            "target probability of row 211, class 2 is %s, must be in 0..1".formatted((double) bad);
        assertThatThrownBy(() -> engine.evaluate(loss, input, Targets.probabilities(targets)))
            .isInstanceOf(InvalidDataException.class)
            .hasMessage(message);
        requireInputUntouched(engine, loss, input, Targets.probabilities(targets), message);
      }
    }
  }

  @Test
  default void inputProbabilitiesOutsideTheUnitInterval() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        for (double bad : new double[] {-0.25, 1.5, Double.NaN}) {
          Matrix input = uniform(type);
          input.set(150, 3, bad);
          input.set(151, 0, bad);
          requireRefused(
              engine,
              input,
              "probability of row 150, class 3 is %s, must be in 0..1".formatted(bad));
        }
      }
    }
  }

  @Test
  default void rowsOfProbabilitiesThatDoNotSumToOne() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        Matrix input = uniform(type);
        input.set(77, 1, 0.5);
        input.set(78, 1, 0.75);
        requireRefused(
            engine,
            input,
            "probabilities of row 77 sum to 1.25, must be 1 within " + sumTolerance(type));
      }
    }
  }

  /** A thousandth, and what rounding every element to 16 bits may come to. */
  private static double sumTolerance(ElementType type) {
    return switch (type) {
      case FLOAT32, FLOAT64 -> 1e-3;
      case FLOAT16 -> 1e-3 + 1.0 / 2048;
      case BFLOAT16 -> 1e-3 + 1.0 / 512;
    };
  }

  private static void requireRefused(BatchLoss engine, Matrix input, String message) {
    CrossEntropy loss = CrossEntropy.builder().input(InputKind.PROBABILITIES).build();
    Targets targets = Targets.classes(new int[REFUSED_ROWS]);
    assertThatThrownBy(() -> engine.evaluate(loss, input, targets))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage(message);
    requireInputUntouched(engine, loss, input, targets, message);
  }

  /** Asks for the gradient in place; the input must be what it was. */
  private static void requireInputUntouched(
      BatchLoss engine, CrossEntropy loss, Matrix input, Targets targets, String message) {
    byte[] before = bytes(input);
    assertThatThrownBy(() -> engine.evaluate(loss, input, targets, Outputs.gradientInPlace()))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(message);
    assertThat(bytes(input)).isEqualTo(before);
  }

  private static byte[] bytes(Matrix matrix) {
    byte[] bytes = new byte[Math.toIntExact(matrix.segment().byteSize())];
    MemorySegment.ofArray(bytes).copyFrom(matrix.segment());
    return bytes;
  }

  private static Matrix uniform() {
    return uniform(ElementType.FLOAT32);
  }

  private static Matrix uniform(ElementType type) {
    Matrix matrix = Samples.logits(1, type, REFUSED_ROWS, REFUSED_CLASSES);
    new Samples(1).fill(matrix, _ -> 1.0 / REFUSED_CLASSES);
    return matrix;
  }
}
