package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;

/**
 * Is the loss as fast in a JVM that has used everything before? A method that the JIT compiler has
 * seen with one kind of memory only may lose its speed for good when another kind comes along,
 * which no benchmark in a fresh JVM shows. Here every element type, on heap and off, contiguous and
 * strided, with and without gradient and metrics, goes through the engine before anything is timed.
 *
 * <pre>bench/run CrossEntropyAfterMixedUse -p shape=4096x32000 -p memory=HEAP,NATIVE</pre>
 */
public class CrossEntropyAfterMixedUse extends LossAgainstCeiling {
  /** Enough for the JIT compiler to compile with the profile of each kind. */
  private static final int ROUNDS = 20;

  private static final int[][] SHAPES = {{256, 1000}, {4000, 10}, {20_000, 2}, {4, 70_000}};

  /** Compared with a sum. */
  public CrossEntropyAfterMixedUse() {
    super(Ceiling.Pass.SUM);
  }

  @Override
  void prepare(BatchLoss engine) {
    for (int round = 0; round < ROUNDS; round++) {
      for (ElementType other : ElementType.values()) {
        for (Memory place : Memory.values()) {
          for (int[] size : SHAPES) {
            use(engine, other, place, size[0], size[1]);
          }
        }
      }
    }
  }

  private static void use(
      BatchLoss engine, ElementType type, Memory place, int rows, int classes) {
    try (Arena arena = Arena.ofShared()) {
      Matrix logits = place.allocate(type, rows, classes, arena);
      ClassTargets targets = Predictions.fill(logits);
      Matrix gradient = place.allocate(type, rows, classes, arena);
      CrossEntropy plain = CrossEntropy.builder().build();
      CrossEntropy smoothed = CrossEntropy.builder().labelSmoothing(0.1).build();
      Outputs metrics = Outputs.lossOnly().withMetrics(Metric.ACCURACY, Metric.ENTROPY);
      engine.evaluate(plain, logits, targets);
      engine.evaluate(smoothed, logits, targets, metrics);
      engine.evaluate(plain, logits, targets, Outputs.gradientInto(gradient));
      Matrix columns = Matrix.of(logits.segment(), type, 1, classes, rows);
      engine.evaluate(plain, columns, targets, metrics);
      Matrix oddRows =
          Matrix.strided(logits.segment(), type, rows / 2, classes, 1, 2L * classes, 1, 1);
      engine.evaluate(plain, oddRows, targets.slice(0, rows / 2));
      engine.evaluate(plain, logits, targets, Outputs.gradientInPlace());
    }
  }
}
