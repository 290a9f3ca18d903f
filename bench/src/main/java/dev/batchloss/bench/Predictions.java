package dev.batchloss.bench;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Logits as a trained model gives them: normal with a standard deviation of 3, and in two rows of
 * three the target's is raised by 10. The same numbers each time for the same shape and type.
 */
final class Predictions {
  /** A prime, so that no two rows begin at the same place of the block that is repeated. */
  private static final int BLOCK = 1_048_573;

  private static final double DEVIATION = 3;
  private static final double LEAD = 10;

  private Predictions() {}

  /** Fills the row-major matrix and returns the targets. */
  static ClassTargets fill(Matrix logits) {
    RandomGenerator random = new SplittableRandom(20260101);
    MemorySegment all = logits.segment();
    int bytes = logits.type().bytes();
    long filled = Math.min(BLOCK, logits.rows() * logits.classes());
    for (long i = 0; i < filled; i++) {
      logits.type().set(all, i, DEVIATION * random.nextGaussian());
    }
    long block = filled * bytes;
    for (long at = block; at < all.byteSize(); at += block) {
      MemorySegment.copy(all, 0, all, at, Math.min(block, all.byteSize() - at));
    }
    int[] targets = new int[Math.toIntExact(logits.rows())];
    for (int row = 0; row < targets.length; row++) {
      targets[row] = random.nextInt(logits.classes());
      if (random.nextInt(3) > 0) {
        logits.set(row, targets[row], logits.get(row, targets[row]) + LEAD);
      }
    }
    return Targets.classes(targets);
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
    double wanted = Math.log(sum);
    if (!(Math.abs(loss - wanted) <= 1e-5 * Math.max(1, wanted))) {
      throw new IllegalStateException(
          "the loss of row 0 is " + loss + ", by its definition it is " + wanted);
    }
  }
}
