package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.ValueCheck;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row's binary cross-entropy on logits, whatever else is asked for and lies beside it. */
@Tag("vectorWidth")
class FloatLogitPassTest {
  private static final int ROWS = 67;
  private static final Loss LOSS = BinaryCrossEntropy.builder().build();
  private static final Loss UNCHECKED =
      BinaryCrossEntropy.builder().targetCheck(ValueCheck.NONE).build();

  private static float[] logits(int classes) {
    Random random = new Random(classes);
    float[] logits = new float[ROWS * classes];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (4 * random.nextGaussian());
    }
    return logits;
  }

  private static float[] labels(int classes) {
    Random random = new Random(-classes);
    float[] labels = new float[ROWS * classes];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 4 == 0 ? random.nextFloat() : random.nextInt(2);
    }
    return labels;
  }

  private static double[] losses(Loss loss, Matrix logits, float[] labels, Outputs outputs) {
    Matrix values = Matrix.of(labels, ROWS, logits.classes());
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      return engine
          .evaluate(loss, logits, Targets.values(values), outputs.withRowLosses())
          .rowLosses();
    }
  }

  private static double[] losses(Loss loss, float[] logits, float[] labels) {
    Matrix input = Matrix.of(logits, ROWS, logits.length / ROWS);
    return losses(loss, input, labels, Outputs.lossOnly());
  }

  private static Matrix room(int classes) {
    return Matrix.of(new float[ROWS * classes], ROWS, classes);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 15, 16, 17, 37, 100, 1000, 1024, 1030, 1040, 2500})
  void aLossHasTheSameBitsWhateverElseIsAskedFor(int classes) {
    float[] logits = logits(classes);
    float[] labels = labels(classes);
    logits[2 * classes + 3] = Float.POSITIVE_INFINITY;
    labels[2 * classes + 3] = 1;
    labels[6 * classes + 1] = -0f;
    Matrix input = Matrix.of(logits, ROWS, classes);
    double[] want = losses(LOSS, logits, labels);
    for (Outputs outputs :
        new Outputs[] {
          Outputs.gradientInto(room(classes)),
          Outputs.elementLossesInto(room(classes)),
          Outputs.lossOnly().withMetrics(Metric.ACCURACY),
          Outputs.gradientInto(room(classes)).withMetrics(Metric.ACCURACY)
        }) {
      assertThat(losses(LOSS, input, labels, outputs)).isEqualTo(want);
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment copy = arena.allocate(4L * logits.length, 8);
      copy.copyFrom(MemorySegment.ofArray(logits));
      Matrix elsewhere = Matrix.of(copy, input.type(), ROWS, classes);
      assertThat(losses(LOSS, elsewhere, labels, Outputs.lossOnly())).isEqualTo(want);
    }
    assertThat(losses(LOSS, input, labels, Outputs.gradientInPlace())).isEqualTo(want);
  }

  /** Nor are its slopes changed by them. */
  @ParameterizedTest
  @ValueSource(ints = {15, 16, 37, 100, 1000, 1030})
  void aLossHasTheSameBitsBesideRowsThatAreNotOrdinary(int classes) {
    float[] logits = logits(classes);
    float[] labels = labels(classes);
    Matrix before = room(classes);
    double[] want =
        losses(UNCHECKED, Matrix.of(logits, ROWS, classes), labels, Outputs.gradientInto(before));
    for (int row = 1; row < ROWS; row += 4) {
      int at = row * classes + row % classes;
      switch (row % 3) {
        case 0 -> logits[at] = Float.NaN;
        case 1 -> logits[at] = Float.NEGATIVE_INFINITY;
        default -> labels[at] = 1.5f;
      }
    }
    Matrix after = room(classes);
    double[] alone = losses(UNCHECKED, logits, labels);
    double[] besideSlopes =
        losses(UNCHECKED, Matrix.of(logits, ROWS, classes), labels, Outputs.gradientInto(after));
    assertThat(besideSlopes).isEqualTo(alone);
    for (int row = 0; row < ROWS; row++) {
      if (row % 4 != 1) {
        assertThat(alone[row]).as("row %d", row).isEqualTo(want[row]);
        for (int c = 0; c < classes; c++) {
          assertThat(after.get(row, c)).isEqualTo(before.get(row, c));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 16, 37, 100, 1024, 1030})
  void lossesAreThoseOfTheDefinition(int classes) {
    float[] logits = logits(classes);
    float[] labels = labels(classes);
    for (int row = 0; row < ROWS; row += 3) {
      float right = row % 2 == 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
      logits[row * classes] = right;
      labels[row * classes] = right > 0 ? 1 : -0f;
    }
    double[] losses = losses(LOSS, logits, labels);
    for (int row = 0; row < ROWS; row++) {
      double want = 0;
      for (int i = row * classes; i < (row + 1) * classes; i++) {
        double x = logits[i];
        double share = x > 0 ? 1 - labels[i] : labels[i];
        double wrong = share == 0 ? 0 : share * Math.abs(x);
        want += wrong + Math.log1p(Math.exp(-Math.abs(x)));
      }
      assertThat(losses[row]).isCloseTo(want / classes, withinPercentage(2e-4));
    }
  }

  @Test
  void theFirstBadTargetOfABlockIsNamed() {
    int classes = 100;
    float[] labels = labels(classes);
    labels[14 * classes + 30] = -0.25f;
    labels[13 * classes + 98] = 1.5f;
    float[] logits = logits(classes);
    Matrix input = Matrix.of(logits, ROWS, classes);
    for (Outputs outputs :
        new Outputs[] {
          Outputs.lossOnly(),
          Outputs.gradientInto(room(classes)),
          Outputs.elementLossesInto(room(classes))
        }) {
      assertThatThrownBy(() -> losses(LOSS, input, labels, outputs))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("target of row 13, class 98");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 100, 1024})
  void aMinusZeroIsAProbability(int classes) {
    float[] labels = labels(classes);
    float[] minusZeros = labels.clone();
    for (int i = 0; i < minusZeros.length; i++) {
      minusZeros[i] = minusZeros[i] == 0 ? -0f : minusZeros[i];
    }
    double[] want = losses(LOSS, logits(classes), labels);
    double[] losses = losses(LOSS, logits(classes), minusZeros);
    for (int row = 0; row < ROWS; row++) {
      assertThat(losses[row]).isCloseTo(want[row], withinPercentage(2e-4));
    }
  }
}
