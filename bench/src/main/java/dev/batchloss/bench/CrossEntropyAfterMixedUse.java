package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Is the loss as fast in a JVM that has used everything before? A method that the JIT compiler has
 * seen with one kind of memory only may lose its speed for good when another kind comes along,
 * which no benchmark in a fresh JVM shows. Here every element type, on heap and off, contiguous and
 * strided, with and without gradient and metrics, goes through the engine before anything is timed.
 *
 * <pre>bench/run CrossEntropyAfterMixedUse -p shape=4096x32000 -p memory=HEAP,NATIVE</pre>
 */
public class CrossEntropyAfterMixedUse extends LossAgainstCeiling {
  /** Enough for the JIT compiler to compile every method with all kinds in its profile. */
  private static final int ROUNDS = 40;

  private static final List<Shape> SHAPES =
      List.of(new Shape(64, 1000), new Shape(2000, 10), new Shape(10_000, 2), new Shape(2, 70_000));

  /** Compared with a sum. */
  public CrossEntropyAfterMixedUse() {
    super(Ceiling.Pass.SUM);
  }

  @Override
  void prepare(BatchLoss engine) {
    try (Arena arena = Arena.ofShared()) {
      List<Runnable> uses = new ArrayList<>();
      for (ElementType other : ElementType.values()) {
        for (Memory place : Memory.values()) {
          for (Shape size : SHAPES) {
            Matrix logits = place.allocate(other, size.rows(), size.classes(), arena);
            Matrix gradient = place.allocate(other, size.rows(), size.classes(), arena);
            ClassTargets targets = Predictions.fill(logits);
            uses.add(() -> use(engine, logits, targets, gradient));
          }
        }
      }
      for (int round = 0; round < ROUNDS; round++) {
        uses.forEach(Runnable::run);
      }
    }
  }

  private static void use(BatchLoss engine, Matrix logits, ClassTargets targets, Matrix gradient) {
    CrossEntropy plain = CrossEntropy.builder().build();
    CrossEntropy smoothed = CrossEntropy.builder().labelSmoothing(0.1).build();
    Outputs metrics = Outputs.lossOnly().withMetrics(Metric.ACCURACY, Metric.ENTROPY);
    engine.evaluate(plain, logits, targets);
    engine.evaluate(smoothed, logits, targets, metrics);
    engine.evaluate(plain, logits, targets, Outputs.gradientInto(gradient));
    engine.evaluate(plain, classesOutermost(logits), targets, metrics);
    Matrix alternate = alternateRows(logits);
    engine.evaluate(plain, alternate, targets.slice(0, alternate.rows()));
    engine.evaluate(plain, gradient, targets, Outputs.gradientInPlace());
  }

  private static Matrix classesOutermost(Matrix logits) {
    return Matrix.of(logits.segment(), logits.type(), 1, logits.classes(), logits.rows());
  }

  private static Matrix alternateRows(Matrix logits) {
    int classes = logits.classes();
    return Matrix.strided(
        logits.segment(), logits.type(), logits.rows() / 2, classes, 1, 2L * classes, 1, 1);
  }
}
