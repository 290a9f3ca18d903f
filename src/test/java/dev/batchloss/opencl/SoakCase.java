package dev.batchloss.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Logits and targets, with their mean loss and its gradient in double by the definition. */
final class SoakCase {
  static final int BAD_ROW = 2;

  private static final double LOSS_TOLERANCE = 1e-5;
  private static final double GRADIENT_TOLERANCE = 1e-6;
  private static final int IGNORED = -1;

  private final int rows;
  private final int classes;
  private final double smoothing;
  private final float[] logits;
  private final int[] targets;
  private final CrossEntropy loss;
  private final double wantedLoss;
  private final double[] wantedGradient;

  private SoakCase(int rows, int classes, double smoothing) {
    this.rows = rows;
    this.classes = classes;
    this.smoothing = smoothing;
    this.logits = new float[rows * classes];
    this.targets = new int[rows];
    SplittableRandom random = new SplittableRandom(rows * 31L + classes);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextDouble(-8, 8);
    }
    for (int row = 0; row < rows; row++) {
      targets[row] = random.nextInt(row == 0 ? 0 : IGNORED, classes);
    }
    this.loss = CrossEntropy.builder().ignoreIndex(IGNORED).labelSmoothing(smoothing).build();
    this.wantedGradient = new double[logits.length];
    this.wantedLoss = define();
  }

  /** Rows side by side and rows of their own, with remainders of every vector length. */
  static List<SoakCase> all() {
    return List.of(
        new SoakCase(300, 5, 0),
        new SoakCase(77, 10, 0.1),
        new SoakCase(64, 33, 0),
        new SoakCase(9, 1000, 0),
        new SoakCase(40, 257, 0.1),
        new SoakCase(3, 4099, 0));
  }

  CrossEntropy loss() {
    return loss;
  }

  Targets targets() {
    return Targets.classes(targets);
  }

  Targets targetsWithOneBad() {
    int[] bad = targets.clone();
    bad[BAD_ROW] = classes;
    return Targets.classes(bad);
  }

  /** A copy of the logits, in the arena or, without one, in an array. */
  Matrix matrix(@Nullable Arena arena) {
    if (arena == null) {
      return Matrix.of(logits.clone(), rows, classes);
    }
    MemorySegment from = MemorySegment.ofArray(logits);
    MemorySegment memory = arena.allocate(from.byteSize(), 4096).copyFrom(from);
    return Matrix.of(memory, ElementType.FLOAT32, rows, classes);
  }

  void requireLoss(double found) {
    assertThat(Math.abs(found - wantedLoss)).isLessThanOrEqualTo(LOSS_TOLERANCE);
  }

  void requireGradient(Matrix found) {
    double worst = 0;
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < classes; c++) {
        worst = Math.max(worst, Math.abs(found.get(row, c) - wantedGradient[row * classes + c]));
      }
    }
    assertThat(worst).isLessThanOrEqualTo(GRADIENT_TOLERANCE);
  }

  private double define() {
    int counted = 0;
    for (int target : targets) {
      counted += target == IGNORED ? 0 : 1;
    }
    double total = 0;
    for (int row = 0; row < rows; row++) {
      if (targets[row] == IGNORED) {
        continue;
      }
      int start = row * classes;
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[start + c]);
      }
      for (int c = 0; c < classes; c++) {
        double share = smoothing / classes + (c == targets[row] ? 1 - smoothing : 0);
        total += share * (Math.log(sum) - logits[start + c]);
        wantedGradient[start + c] = (Math.exp(logits[start + c]) / sum - share) / counted;
      }
    }
    return total / counted;
  }
}
