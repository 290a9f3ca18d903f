package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a call computes must not depend on where its gradient is put. */
class OutputLayoutTest {
  private static final int ROWS = 40;
  private static final int CLASSES = 1003;

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"FLOAT32", "FLOAT64"})
  void aGradientWithScatteredClassesHasTheBitsOfAContiguousOne(ElementType type) {
    Matrix logits = matrix(type, CLASSES, 1);
    Random random = new Random(3);
    int[] targets = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      targets[row] = random.nextInt(CLASSES);
      for (int c = 0; c < CLASSES; c++) {
        logits.set(row, c, 4 * random.nextGaussian());
      }
    }
    Matrix contiguous = matrix(type, CLASSES, 1);
    Matrix scattered = matrix(type, 1, ROWS);
    double[] expected = rowLosses(logits, targets, contiguous);
    assertThat(rowLosses(logits, targets, scattered)).isEqualTo(expected);
    for (int row = 0; row < ROWS; row++) {
      for (int c = 0; c < CLASSES; c++) {
        assertThat(scattered.get(row, c)).isEqualTo(contiguous.get(row, c));
      }
    }
  }

  private static double[] rowLosses(Matrix logits, int[] targets, Matrix gradient) {
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      LossResult result =
          engine.evaluate(
              CrossEntropy.builder().labelSmoothing(0.1).ignoreIndex(targets[7]).build(),
              logits,
              Targets.classes(targets),
              Outputs.gradientInto(gradient).withRowLosses());
      return result.rowLosses();
    }
  }

  private static Matrix matrix(ElementType type, long rowStride, long classStride) {
    MemorySegment memory =
        type == ElementType.FLOAT32
            ? MemorySegment.ofArray(new float[ROWS * CLASSES])
            : MemorySegment.ofArray(new double[ROWS * CLASSES]);
    return Matrix.strided(memory, type, ROWS, CLASSES, 1, rowStride, classStride, 1);
  }
}
