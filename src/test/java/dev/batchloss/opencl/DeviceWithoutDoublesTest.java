package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.spi.Backend;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A device that says it has no doubles adds in floats and keeps what the additions lost. Long rows
 * of numbers that round the same way time and again would show it if it did not.
 */
class DeviceWithoutDoublesTest {
  private static final int CLASSES = 50_257;
  private static final double BOUND = 2e-6;

  private @Nullable String before;

  @BeforeEach
  void rememberTheFamily() {
    before = System.getProperty(KernelFamily.PROPERTY);
  }

  @AfterEach
  void restoreTheFamily() {
    System.clearProperty(KernelFamily.PROPERTY);
    if (before != null) {
      System.setProperty(KernelFamily.PROPERTY, before);
    }
  }

  @ParameterizedTest
  @CsvSource({"CPU, 3", "GPU, 3", "CPU, 1", "GPU, 1"})
  void equalLogits(KernelFamily family, int inner) {
    requireBounds(family, inner, (_, _) -> 0.7f);
  }

  @ParameterizedTest
  @CsvSource({"CPU, 3", "GPU, 3", "CPU, 1", "GPU, 1"})
  void oneGreatLogitAndManyEqualOnes(KernelFamily family, int inner) {
    requireBounds(family, inner, (_, c) -> c == 0 ? 8 : 0.7f);
  }

  @ParameterizedTest
  @CsvSource({"CPU, 3", "GPU, 3", "CPU, 1", "GPU, 1"})
  void logitsThatRise(KernelFamily family, int inner) {
    requireBounds(family, inner, (row, c) -> (float) (c * (row + 1) * 2e-5));
  }

  /** Each rounds the same way, in one long chain of an item and in those of a group. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void equalElements(int inner) {
    RowTrial trial = RowTrials.of(1, CLASSES, inner).equalElements(0.7f);
    Device device =
        TestDevice.pretending(TestDevice.find(), TestDevice.Description::withoutDoubles);
    double want = (double) 0.7f * 0.7f;
    try (Backend backend = new OpenClBackend("opencl:0", device)) {
      for (double loss : trial.run(backend).columns().get("loss")) {
        assertThat(loss).isCloseTo(want, within(BOUND + BOUND * want));
      }
    }
  }

  private static void requireBounds(KernelFamily family, int inner, DoubleBinaryOperator logit) {
    System.setProperty(KernelFamily.PROPERTY, family.label());
    RowTrial trial = RowTrials.of(1, CLASSES, inner).smoothedLoss();
    ClassTargets targets = (ClassTargets) Objects.requireNonNull(trial.targets());
    Matrix input = trial.input();
    for (int row = 0; row < inner; row++) {
      for (int c = 0; c < CLASSES; c++) {
        input.set(row, c, logit.applyAsDouble(row, c));
      }
    }
    Device device =
        TestDevice.pretending(TestDevice.find(), TestDevice.Description::withoutDoubles);
    RowTrial.Result result;
    try (Backend backend = new OpenClBackend("opencl:0", device)) {
      result = trial.run(backend);
    }
    for (int row = 0; row < inner; row++) {
      Expected want = Expected.of(input, row, targets.at(row), RowTrials.SMOOTHING);
      assertThat(result.columns().get("lse")[row])
          .as("lse of row %d", row)
          .isCloseTo(want.lse, within(BOUND + BOUND * Math.abs(want.lse)));
      assertThat(result.columns().get("loss")[row])
          .as("loss of row %d", row)
          .isCloseTo(want.loss, within(BOUND + BOUND * Math.abs(want.loss)));
    }
  }

  /** From the definitions, in double. */
  private record Expected(double lse, double loss) {
    static Expected of(Matrix logits, int row, long target, double smoothing) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < CLASSES; c++) {
        greatest = Math.max(greatest, logits.get(row, c));
      }
      double sum = 0;
      double total = 0;
      for (int c = 0; c < CLASSES; c++) {
        sum += Math.exp(logits.get(row, c) - greatest);
        total += logits.get(row, c);
      }
      double lse = greatest + Math.log(sum);
      double ofTarget = lse - logits.get(row, Math.toIntExact(target));
      double ofAll = lse - total / CLASSES;
      return new Expected(lse, (1 - smoothing) * ofTarget + smoothing * ofAll);
    }
  }
}
