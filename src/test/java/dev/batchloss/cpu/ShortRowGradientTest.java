package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.Reduction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of short rows, wherever they are read from and written to. */
@Tag("vectorWidth")
class ShortRowGradientTest {
  /** Several tasks of several batches. */
  private static final int ROWS = 3 * 2048 + 77;

  private static final int IGNORED = 1;
  private static final int BEFORE = 5;
  private static final int AFTER = 40;
  private static final float UNTOUCHED = 77;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 8, 10, 15, 16, 17, 31, 32, 33, 48, 63, 64})
  void isTheSameWhereverItIsWritten(int classes) {
    float[] logits = logits(classes);
    int[] targets = new Random(1).ints(ROWS, 0, classes).toArray();
    float[] want = gradient(logits, targets, classes);
    float[] apart = framed(new float[ROWS * classes]);
    float[] over = framed(logits);
    try (BatchLoss engine = BatchLoss.open("cpu");
        Arena arena = Arena.ofShared()) {
      evaluate(engine, heap(framed(logits)), heap(apart), classes, targets);
      evaluate(engine, heap(over), heap(over), classes, targets);
      MemorySegment nativeLogits = arena.allocateFrom(ValueLayout.JAVA_FLOAT, logits);
      MemorySegment nativeGradient = arena.allocate(nativeLogits.byteSize(), Float.BYTES);
      evaluate(engine, nativeLogits, nativeGradient, classes, targets);
      float[] offHeap = nativeGradient.toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < want.length; i++) {
        if (Math.abs(apart[BEFORE + i] - want[i]) > 2e-6) {
          assertThat(apart[BEFORE + i])
              .as("element %s of row %s", i % classes, i / classes)
              .isEqualTo(want[i]);
        }
      }
      assertThat(over).isEqualTo(apart);
      assertThat(offHeap).isEqualTo(Arrays.copyOfRange(apart, BEFORE, BEFORE + want.length));
      assertThat(Arrays.copyOf(apart, BEFORE)).containsOnly(UNTOUCHED);
      assertThat(Arrays.copyOfRange(apart, BEFORE + want.length, apart.length))
          .hasSize(AFTER)
          .containsOnly(UNTOUCHED);
    }
  }

  /** A row in the batch after it: it is read ahead, and must stay where it is. */
  @ParameterizedTest
  @ValueSource(ints = {2, 10, 40})
  void theNanThatIsLookedForAheadChangesNoOtherRow(int classes) {
    int[] targets = new Random(1).ints(ROWS, 0, classes).toArray();
    float[] logits = logits(classes);
    float[] want = new float[ROWS * classes];
    float[] found = new float[ROWS * classes];
    int row = 2048 + 3;
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      evaluate(
          engine, MemorySegment.ofArray(logits), MemorySegment.ofArray(want), classes, targets);
      logits[row * classes] = Float.intBitsToFloat(ReadAhead.FLOAT);
      evaluate(
          engine, MemorySegment.ofArray(logits), MemorySegment.ofArray(found), classes, targets);
    }
    for (int i = 0; i < found.length; i++) {
      if (i / classes == row && targets[row] != IGNORED) {
        assertThat(found[i]).isNaN();
      } else if (found[i] != want[i]) {
        assertThat(found[i])
            .as("element %s of row %s", i % classes, i / classes)
            .isEqualTo(want[i]);
      }
    }
  }

  private static float[] logits(int classes) {
    Random random = new Random(classes);
    float[] logits = new float[ROWS * classes];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (4 * random.nextGaussian());
    }
    return logits;
  }

  /** The softmax less the target, in double. */
  private static float[] gradient(float[] logits, int[] targets, int classes) {
    float[] gradient = new float[logits.length];
    for (int row = 0; row < ROWS; row++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[row * classes + c]);
      }
      for (int c = 0; c < classes && targets[row] != IGNORED; c++) {
        double p = Math.exp(logits[row * classes + c]) / sum;
        gradient[row * classes + c] = (float) (p - (c == targets[row] ? 1 : 0));
      }
    }
    return gradient;
  }

  private static float[] framed(float[] values) {
    float[] framed = new float[BEFORE + values.length + AFTER];
    Arrays.fill(framed, UNTOUCHED);
    System.arraycopy(values, 0, framed, BEFORE, values.length);
    return framed;
  }

  private static MemorySegment heap(float[] framed) {
    long bytes = (long) (framed.length - BEFORE - AFTER) * Float.BYTES;
    return MemorySegment.ofArray(framed).asSlice((long) BEFORE * Float.BYTES, bytes);
  }

  private static void evaluate(
      BatchLoss engine, MemorySegment logits, MemorySegment gradient, int classes, int[] targets) {
    CrossEntropy loss =
        CrossEntropy.builder().reduction(Reduction.SUM).ignoreIndex(IGNORED).build();
    Matrix input = Matrix.of(logits, ElementType.FLOAT32, ROWS, classes);
    Outputs outputs = Outputs.gradientInto(Matrix.of(gradient, ElementType.FLOAT32, ROWS, classes));
    engine.evaluate(loss, input, Targets.classes(targets), outputs);
  }
}
