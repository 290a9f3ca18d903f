package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A metric has rows reduced one by one: in two rounds they must come to the same. */
@Tag("vectorWidth")
class RowLanesTest {
  private static final int ROWS = 1500;
  private static final int IGNORED = 7;

  /** Rows with a number that is not ordinary: few, so that most batches are begun with lanes. */
  private static final int HOSTILE_ROWS = 20;

  private static final float[] HOSTILE = {
    Float.NEGATIVE_INFINITY,
    Float.POSITIVE_INFINITY,
    Float.NaN,
    Float.intBitsToFloat(ReadAhead.FLOAT),
    -Float.MAX_VALUE,
    Float.MAX_VALUE,
    200
  };

  private static BatchLoss engine;

  @BeforeAll
  static void open() {
    LoopStates.compiled();
    engine = BatchLoss.open("cpu");
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 66, 77, 80, 100, 128, 1000, 1023, 1024, 1025})
  void rowsAreWhatTheyAreByThemselves(int classes) {
    float[] logits = logits(classes);
    int[] targets = new Random(2).ints(ROWS, 0, classes).toArray();
    Outputs outputs = Outputs.lossOnly().withRowLosses().withLogSumExp();
    LossResult expected = evaluate(logits, targets, classes, outputs.withMetrics(Metric.ACCURACY));
    LossResult found = evaluate(logits, targets, classes, outputs);
    assertThat(found.rowLosses()).isEqualTo(expected.rowLosses());
    assertThat(found.logSumExp()).isEqualTo(expected.logSumExp());
  }

  @ParameterizedTest
  @ValueSource(ints = {65, 100, 1000, 1024})
  void ordinaryRowsHaveTheLossOfTheDefinition(int classes) {
    float[] logits = new float[ROWS * classes];
    Random random = new Random(classes);
    for (int i = 0; i < logits.length; i++) {
      // The first elements, which the shift is taken from, are the least of the row.
      logits[i] = (float) (i % classes < 64 ? -3 : 3 * random.nextGaussian());
    }
    int[] targets = new Random(2).ints(ROWS, 0, classes).toArray();
    double[] found =
        evaluate(logits, targets, classes, Outputs.lossOnly().withRowLosses()).rowLosses();
    for (int row = 0; row < ROWS; row++) {
      double want =
          targets[row] == IGNORED ? 0 : loss(logits, row * classes, classes, targets[row]);
      if (!(Math.abs(found[row] - want) <= 2e-6 + 2e-6 * want)) {
        assertThat(found[row]).as("row %s", row).isEqualTo(want);
      }
    }
  }

  private static double loss(float[] logits, int start, int classes, int target) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[start + c]);
    }
    return Math.log(sum) - logits[start + target];
  }

  private static float[] logits(int classes) {
    Random random = new Random(classes);
    float[] logits = new float[ROWS * classes];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (4 * random.nextGaussian());
    }
    for (int i = 0; i < HOSTILE_ROWS; i++) {
      int row = random.nextInt(ROWS);
      logits[row * classes + random.nextInt(classes)] = HOSTILE[i % HOSTILE.length];
    }
    Arrays.fill(logits, 0, classes, Float.NEGATIVE_INFINITY);
    // A shift from nothing but −∞, and greater elements behind.
    Arrays.fill(logits, classes, classes + 64, Float.NEGATIVE_INFINITY);
    return logits;
  }

  private static LossResult evaluate(float[] logits, int[] targets, int classes, Outputs outputs) {
    CrossEntropy loss = CrossEntropy.builder().ignoreIndex(IGNORED).build();
    Matrix input = Matrix.of(logits, ROWS, classes);
    return engine.evaluate(loss, input, Targets.classes(targets), outputs);
  }
}
