package dev.batchloss.bench;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.ProbabilityTargets;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;

/**
 * Logits as a trained model gives them: normal with a standard deviation of 3, and in two rows of
 * three the target's is raised by 10. The same numbers each time for the same shape and type.
 */
final class Predictions {
  /** A prime, so that no two rows begin at the same place of the block that is repeated. */
  private static final int BLOCK = 1_048_573;

  private static final long SEED = 20260101;
  private static final double DEVIATION = 3;
  private static final double LEAD = 10;

  private Predictions() {}

  /** Fills the row-major matrix and returns the targets. */
  static ClassTargets fill(Matrix logits) {
    RandomGenerator random = new SplittableRandom(SEED);
    fill(logits, () -> DEVIATION * random.nextGaussian());
    int[] targets = new int[Math.toIntExact(logits.rows())];
    for (int row = 0; row < targets.length; row++) {
      targets[row] = random.nextInt(logits.classes());
      if (random.nextInt(3) > 0) {
        logits.set(row, targets[row], logits.get(row, targets[row]) + LEAD);
      }
    }
    return Targets.classes(targets);
  }

  /** Fills the row-major matrices of one shape with logits and a label 0 or 1 for each. */
  static ValueTargets fill(Matrix logits, Matrix labels) {
    RandomGenerator random = new SplittableRandom(SEED);
    fill(logits, () -> DEVIATION * random.nextGaussian());
    fill(labels, () -> random.nextInt(2));
    return Targets.values(labels);
  }

  /**
   * Stops a benchmark of an engine that computes something else, judged by the loss of the first
   * row.
   *
   * @param targets classes, for the cross-entropy, or numbers, for the binary cross-entropy
   * @throws IllegalStateException if the engine's loss is not the first row's
   */
  static void requireFirstLoss(BatchLoss engine, Matrix logits, Targets targets) {
    Loss loss =
        targets instanceof ValueTargets
            ? BinaryCrossEntropy.builder().build()
            : CrossEntropy.builder().build();
    double first = engine.evaluate(loss, logits.outerSlice(0, 1), targets.slice(0, 1)).loss();
    switch (targets) {
      case ClassTargets classes -> requireFirstLoss(logits, classes, first);
      case ValueTargets labels -> requireLoss(binaryCrossEntropy(logits, labels.values()), first);
      case ProbabilityTargets _ ->
          throw new IllegalArgumentException(
              "targets are probabilities, must be classes or values");
    }
  }

  /**
   * Stops a benchmark of a backend that computes something else, judged by the loss of the first
   * row.
   *
   * @throws IllegalStateException if {@code loss} is not the first row's cross-entropy
   */
  static void requireFirstLoss(Matrix logits, ClassTargets targets, double loss) {
    double sum = 0;
    double target = logits.get(0, Math.toIntExact(targets.at(0)));
    for (int c = 0; c < logits.classes(); c++) {
      sum += Math.exp(logits.get(0, c) - target);
    }
    requireLoss(Math.log(sum), loss);
  }

  private static double binaryCrossEntropy(Matrix logits, Matrix labels) {
    double sum = 0;
    for (int c = 0; c < logits.classes(); c++) {
      double positive = 1 / (1 + Math.exp(-logits.get(0, c)));
      sum -= Math.log(labels.get(0, c) == 1 ? positive : 1 - positive);
    }
    return sum / logits.classes();
  }

  private static void requireLoss(double wanted, double loss) {
    if (!(Math.abs(loss - wanted) <= 1e-5 * Math.max(1, wanted))) {
      throw new IllegalStateException(
          "the loss of row 0 is " + loss + ", by its definition it is " + wanted);
    }
  }

  /** Repeats a block of numbers: a whole matrix of them would take longer than its benchmark. */
  private static void fill(Matrix matrix, DoubleSupplier numbers) {
    MemorySegment all = matrix.segment();
    long filled = Math.min(BLOCK, matrix.rows() * matrix.classes());
    for (long i = 0; i < filled; i++) {
      matrix.type().set(all, i, numbers.getAsDouble());
    }
    long block = filled * matrix.type().bytes();
    for (long at = block; at < all.byteSize(); at += block) {
      MemorySegment.copy(all, 0, all, at, Math.min(block, all.byteSize() - at));
    }
  }
}
