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
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A row written beside others of the next batch is what it is by itself. */
@Tag("vectorWidth")
class NeighbouringBatchesTest {
  private static final int CLASSES = 1003;

  /** Several batches of 32 rows, the last of them cut short, of more than one task. */
  private static final int ROWS = 32 * 18 + 16;

  private static final int IGNORED = CLASSES - 1;

  private static BatchLoss engine;

  private Arena arena;

  @BeforeAll
  static void open() {
    LoopStates.compiled();
    engine = BatchLoss.open("cpu");
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  @BeforeEach
  void openArena() {
    arena = Arena.ofShared();
  }

  @AfterEach
  void closeArena() {
    arena.close();
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void gradientsOnTheHeap(ElementType type) {
    assertSameAsByThemselves(type, onHeap(type), onHeap(type), plain(), CLASSES);
  }

  @Test
  void gradientsInNativeMemory() {
    assertSameAsByThemselves(
        ElementType.FLOAT32, inNativeMemory(), inNativeMemory(), plain(), CLASSES);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void gradientsOverTheLogits(ElementType type) {
    MemorySegment logits = onHeap(type);
    assertSameAsByThemselves(type, logits, logits, plain(), CLASSES);
  }

  @Test
  void gradientsOverTheLogitsInNativeMemory() {
    MemorySegment logits = inNativeMemory();
    assertSameAsByThemselves(ElementType.FLOAT32, logits, logits, plain(), CLASSES);
  }

  @ParameterizedTest
  @ValueSource(ints = {67, 128, 1000, 66_000})
  void gradientsOfAnyWidth(int classes) {
    MemorySegment logits = onHeap(ElementType.FLOAT32);
    MemorySegment gradient = onHeap(ElementType.FLOAT32);
    assertSameAsByThemselves(ElementType.FLOAT32, logits, gradient, plain(), classes);
  }

  @Test
  void gradientsOfSmoothedAndWeightedLosses() {
    double[] weights = new double[CLASSES];
    Arrays.setAll(weights, c -> 1 + c % 5);
    for (CrossEntropy.Builder loss :
        new CrossEntropy.Builder[] {
          plain().labelSmoothing(0.1),
          plain().classWeights(weights),
          plain().labelSmoothing(0.1).classWeights(weights),
          plain().zLoss(0.1)
        }) {
      assertSameAsByThemselves(
          ElementType.FLOAT32,
          onHeap(ElementType.FLOAT32),
          onHeap(ElementType.FLOAT32),
          loss,
          CLASSES);
    }
  }

  private static CrossEntropy.Builder plain() {
    return CrossEntropy.builder().reduction(Reduction.SUM).ignoreIndex(IGNORED);
  }

  /** Of as many rows as there is room for; also their softmax, where the logits are left. */
  private static void assertSameAsByThemselves(
      ElementType type,
      MemorySegment logitsMemory,
      MemorySegment outputMemory,
      CrossEntropy.Builder builder,
      int classes) {
    CrossEntropy loss = builder.build();
    int rows = ROWS * CLASSES / classes;
    MemorySegment logits = logitsMemory.asSlice(0, (long) rows * classes * type.bytes());
    MemorySegment output = outputMemory.asSlice(0, logits.byteSize());
    fill(type, logits, rows, classes);
    byte[] kept = bytes(logits);
    int[] targets = targets(rows, classes);
    assertAllSame(loss, type, logits, output, targets, classes, Kind.GRADIENT);
    if (!logits.equals(output)) {
      assertThat(bytes(logits)).isEqualTo(kept);
      assertAllSame(loss, type, logits, output, targets, classes, Kind.SOFTMAX);
      assertAllSame(loss, type, logits, output, targets, classes, Kind.LOG_SOFTMAX);
    }
  }

  private enum Kind {
    GRADIENT,
    SOFTMAX,
    LOG_SOFTMAX
  }

  private static void assertAllSame(
      CrossEntropy loss,
      ElementType type,
      MemorySegment logits,
      MemorySegment output,
      int[] targets,
      int classes,
      Kind kind) {
    byte[] kept = bytes(logits);
    int rows = targets.length;
    double[] losses = run(loss, type, logits, output, targets, classes, kind);
    byte[] together = bytes(output);
    output.fill((byte) 1);
    logits.copyFrom(MemorySegment.ofArray(kept));
    long rowBytes = (long) classes * type.bytes();
    for (int row = 0; row < rows; row++) {
      MemorySegment rowOfLogits = logits.asSlice(row * rowBytes, rowBytes);
      MemorySegment rowOfOutput =
          logits.equals(output) ? rowOfLogits : output.asSlice(row * rowBytes, rowBytes);
      double[] lossOfRow =
          run(loss, type, rowOfLogits, rowOfOutput, new int[] {targets[row]}, classes, kind);
      assertThat(lossOfRow).as("row %s", row).containsExactly(losses[row]);
    }
    assertThat(bytes(output)).as("%s", kind).isEqualTo(together);
  }

  private static double[] run(
      CrossEntropy loss,
      ElementType type,
      MemorySegment logits,
      MemorySegment output,
      int[] targets,
      int classes,
      Kind kind) {
    Matrix input = Matrix.of(logits, type, targets.length, classes);
    Matrix to = Matrix.of(output, type, targets.length, classes);
    Outputs outputs =
        switch (kind) {
          case GRADIENT -> Outputs.gradientInto(to);
          case SOFTMAX -> Outputs.softmaxInto(to);
          case LOG_SOFTMAX -> Outputs.logSoftmaxInto(to);
        };
    return engine
        .evaluate(loss, input, Targets.classes(targets), outputs.withRowLosses())
        .rowLosses();
  }

  /** Some rows with logits that are not ordinary, some that rise above their beginning. */
  private static void fill(ElementType type, MemorySegment logits, int rows, int classes) {
    Random random = new Random(4);
    double[] hostile = {Double.NEGATIVE_INFINITY, Double.NaN, 30_000, -30_000};
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < classes; c++) {
        double x = 4 * random.nextGaussian() + (row % 5 == 0 ? c * 0.01 : 0);
        boolean isHostile = row % 7 == 3 && c % 50 == row % 50;
        type.set(logits, (long) row * classes + c, isHostile ? hostile[row % 4] : x);
      }
    }
  }

  private static int[] targets(int rows, int classes) {
    Random random = new Random(5);
    int[] targets = new int[rows];
    for (int row = 0; row < rows; row++) {
      targets[row] = row % 11 == 4 ? IGNORED : random.nextInt(Math.min(classes, IGNORED));
    }
    return targets;
  }

  private static byte[] bytes(MemorySegment memory) {
    byte[] bytes = new byte[(int) memory.byteSize()];
    MemorySegment.copy(memory, 0, MemorySegment.ofArray(bytes), 0, bytes.length);
    return bytes;
  }

  private static MemorySegment onHeap(ElementType type) {
    int size = ROWS * CLASSES;
    return switch (type) {
      case FLOAT64 -> MemorySegment.ofArray(new double[size]);
      case FLOAT32 -> MemorySegment.ofArray(new float[size]);
      case FLOAT16, BFLOAT16 -> MemorySegment.ofArray(new short[size]);
    };
  }

  private MemorySegment inNativeMemory() {
    return arena.allocate((long) ROWS * CLASSES * Float.BYTES, Long.BYTES);
  }
}
