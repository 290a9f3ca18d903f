package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A metric needs a {@link Tile}: it must find what the pairs find, over several batches. */
@Tag("vectorWidth")
class PairTileTest {
  private static final int ROWS = 2 * 2048 + PairTile.ROWS + 21;

  private static final float[] HOSTILE = {
    Float.NEGATIVE_INFINITY,
    Float.POSITIVE_INFINITY,
    Float.NaN,
    -0f,
    Float.MIN_VALUE,
    -Float.MAX_VALUE,
    Float.MAX_VALUE
  };

  @ParameterizedTest
  @ValueSource(
      ints = {
        1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 14, 16, 19, 20, 21, 22, 31, 32, 33, 45, 59, 60, 63, 64
      })
  void findsTheBitsOfATile(int classes) {
    Random random = new Random(classes);
    // Three elements in front, so that rows begin anywhere in a vector.
    float[] logits = new float[3 + ROWS * classes];
    for (int i = 0; i < logits.length; i++) {
      boolean isHostile = random.nextInt(40) == 0;
      logits[i] =
          isHostile ? HOSTILE[random.nextInt(HOSTILE.length)] : (float) (5 * random.nextGaussian());
    }
    int[] targets = random.ints(ROWS, 0, classes).toArray();
    try (BatchLoss engine = BatchLoss.open("cpu");
        Arena arena = Arena.ofShared()) {
      MemorySegment onHeap = MemorySegment.ofArray(logits).asSlice(3 * Float.BYTES);
      MemorySegment offHeap = arena.allocate(onHeap.byteSize(), Float.BYTES);
      offHeap.copyFrom(onHeap);
      Outputs outputs = Outputs.lossOnly().withRowLosses().withLogSumExp();
      LossResult expected =
          evaluate(engine, onHeap, classes, targets, outputs.withMetrics(Metric.ACCURACY));
      for (MemorySegment memory : new MemorySegment[] {onHeap, offHeap}) {
        LossResult found = evaluate(engine, memory, classes, targets, outputs);
        assertThat(found.rowLosses()).isEqualTo(expected.rowLosses());
        assertThat(found.logSumExp()).isEqualTo(expected.logSumExp());
      }
    }
  }

  private static LossResult evaluate(
      BatchLoss engine, MemorySegment memory, int classes, int[] targets, Outputs outputs) {
    Matrix logits = Matrix.strided(memory, ElementType.FLOAT32, ROWS, classes, 1, classes, 1, 1);
    CrossEntropy loss = CrossEntropy.builder().logitScale(0.7).build();
    return engine.evaluate(loss, logits, Targets.classes(targets), outputs);
  }
}
