package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows before those that make a loop give up have the losses they have before any others. */
@Tag("vectorWidth")
class ReadAheadTest {
  /** The second half of them is changed. */
  private static final int ROWS = 6;

  private static final int CLASSES = 1024;
  private static final int FIRST_CHANGED = ROWS / 2 * CLASSES;

  @BeforeAll
  static void useVectors() {
    LoopStates.compiled();
  }

  @Test
  void whatIsLookedForIsNan() {
    assertThat(Float.intBitsToFloat(ReadAhead.FLOAT)).isNaN();
    assertThat(Double.longBitsToDouble(ReadAhead.DOUBLE)).isNaN();
    assertThat(Float.float16ToFloat(ReadAhead.HALF)).isNaN();
    assertThat(ElementType.bfloat16ToFloat(ReadAhead.HALF)).isNaN();
  }

  @Test
  void nothingIsReadBehindTheArray() {
    assertThat(ReadAhead.floats(new float[200], 72)).isEqualTo(128);
    assertThat(ReadAhead.floats(new float[200], 73)).isEqualTo(127);
    assertThat(ReadAhead.floats(new float[200], 200)).isZero();
    assertThat(ReadAhead.doubles(new double[200], 137)).isEqualTo(63);
    assertThat(ReadAhead.halves(new short[300], 45)).isEqualTo(255);
    assertThat(ReadAhead.bytes(MemorySegment.ofArray(new byte[600]), 89)).isEqualTo(511);
  }

  @Test
  void aLoopThatMeetsItGivesUp() {
    float[] floats = new float[2 * CLASSES];
    assertThat(FloatSumExp.sum(floats, 0, CLASSES, 0, 1, new BlockSums())).isTrue();
    floats[CLASSES] = Float.intBitsToFloat(ReadAhead.FLOAT);
    assertThat(FloatSumExp.sum(floats, 0, CLASSES, 0, 1, new BlockSums())).isFalse();
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void lossesDoNotDependOnWhatLiesBehind(ElementType type) {
    int size = ROWS * CLASSES;
    assertAreNoOthers(
        type,
        switch (type) {
          case FLOAT64 -> MemorySegment.ofArray(new double[size]);
          case FLOAT32 -> MemorySegment.ofArray(new float[size]);
          case FLOAT16, BFLOAT16 -> MemorySegment.ofArray(new short[size]);
        });
  }

  @Test
  void lossesDoNotDependOnWhatLiesBehindInNativeMemory() {
    try (Arena arena = Arena.ofShared()) {
      assertAreNoOthers(
          ElementType.FLOAT32, arena.allocate((long) ROWS * CLASSES * Float.BYTES, Long.BYTES));
    }
  }

  @Test
  void lossesOfElementsDoNotDependOnWhatLiesBehind() {
    float[] logits = new float[ROWS * CLASSES];
    float[] labels = new float[ROWS * CLASSES];
    Random random = new Random(3);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
      labels[i] = random.nextInt(2);
    }
    double[] before = binaryCrossEntropy(logits, labels);
    change(ElementType.FLOAT32, MemorySegment.ofArray(logits));
    assertThat(binaryCrossEntropy(logits, labels)).isEqualTo(before);
  }

  private static void assertAreNoOthers(ElementType type, MemorySegment memory) {
    Random random = new Random(2);
    for (int i = 0; i < ROWS * CLASSES; i++) {
      type.set(memory, i, 3 * random.nextGaussian());
    }
    for (Outputs outputs :
        new Outputs[] {Outputs.lossOnly(), Outputs.lossOnly().withMetrics(Metric.ENTROPY)}) {
      double[] before = crossEntropy(type, memory, outputs);
      byte[] kept = memory.toArray(ValueLayout.JAVA_BYTE);
      change(type, memory);
      assertThat(crossEntropy(type, memory, outputs)).isEqualTo(before);
      memory.copyFrom(MemorySegment.ofArray(kept));
    }
  }

  private static void change(ElementType type, MemorySegment memory) {
    for (int i = FIRST_CHANGED; i < ROWS * CLASSES; i++) {
      switch (type) {
        case FLOAT64 -> memory.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, ReadAhead.DOUBLE);
        case FLOAT32 -> memory.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, ReadAhead.FLOAT);
        case FLOAT16, BFLOAT16 ->
            memory.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, ReadAhead.HALF);
      }
    }
  }

  /** Of the rows that are not changed. */
  private static double[] crossEntropy(ElementType type, MemorySegment memory, Outputs outputs) {
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      double[] losses =
          engine
              .evaluate(
                  CrossEntropy.builder().build(),
                  Matrix.of(memory, type, ROWS, CLASSES),
                  Targets.classes(new int[] {0, 1023, 5, 7, 8, 9}),
                  outputs.withRowLosses())
              .rowLosses();
      return Arrays.copyOf(losses, ROWS / 2);
    }
  }

  private static double[] binaryCrossEntropy(float[] logits, float[] labels) {
    try (BatchLoss engine = BatchLoss.open("cpu")) {
      double[] losses =
          engine
              .evaluate(
                  BinaryCrossEntropy.builder().build(),
                  Matrix.of(logits, ROWS, CLASSES),
                  Targets.values(Matrix.of(labels, ROWS, CLASSES)),
                  Outputs.lossOnly().withRowLosses())
              .rowLosses();
      return Arrays.copyOf(losses, ROWS / 2);
    }
  }
}
