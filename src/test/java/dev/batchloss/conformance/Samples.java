package dev.batchloss.conformance;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * Reproducible numbers: the same on every machine, so that nothing but additions and
 * multiplications of the generator's own numbers make them.
 */
final class Samples {
  /** Every one of a row's quanta is representable in every element type, and so is their sum. */
  private static final int QUANTA = 256;

  private final SplittableRandom random;

  Samples(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Triangular on ±{@code reach}, independent of each other. */
  void fillLogits(Matrix matrix, double reach) {
    fill(matrix, _ -> reach * (random.nextDouble() + random.nextDouble() - 1));
  }

  void fill(Matrix matrix, DoubleUnaryOperator value) {
    for (long r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.classes(); c++) {
        matrix.set(r, c, value.applyAsDouble(c));
      }
    }
  }

  /**
   * Rows that sum to 1: exactly, and without zeros, where {@value #QUANTA} quanta reach for all
   * classes, else to within rounding.
   */
  void fillProbabilities(Matrix matrix) {
    for (long r = 0; r < matrix.rows(); r++) {
      double[] row =
          matrix.classes() <= QUANTA ? quanta(matrix.classes()) : shares(matrix.classes());
      for (int c = 0; c < row.length; c++) {
        matrix.set(r, c, row[c]);
      }
    }
  }

  private double[] quanta(int classes) {
    double[] row = new double[classes];
    for (int c = 0; c < classes; c++) {
      row[c] = 1.0 / QUANTA;
    }
    for (int left = QUANTA - classes; left > 0; ) {
      int some = random.nextInt(1, left + 1);
      row[random.nextInt(classes)] += (double) some / QUANTA;
      left -= some;
    }
    return row;
  }

  private double[] shares(int classes) {
    double[] row = new double[classes];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      double share = random.nextDouble();
      row[c] = share * share * share + 1e-3;
      sum += row[c];
    }
    for (int c = 0; c < classes; c++) {
      row[c] /= sum;
    }
    return row;
  }

  /** Distributions of which about half the elements are 0. */
  void fillSparseTargets(Matrix matrix) {
    for (long r = 0; r < matrix.rows(); r++) {
      int classes = matrix.classes();
      double[] row = new double[classes];
      for (int left = QUANTA; left > 0; ) {
        int some = Math.min(left, random.nextInt(1, 2 + 4 * QUANTA / classes));
        row[random.nextInt(classes)] += (double) some / QUANTA;
        left -= some;
      }
      for (int c = 0; c < classes; c++) {
        matrix.set(r, c, row[c]);
      }
    }
  }

  /** One class a row, evenly. */
  int[] classes(int rows, int classes) {
    int[] targets = new int[rows];
    for (int r = 0; r < rows; r++) {
      targets[r] = random.nextInt(classes);
    }
    return targets;
  }

  /** Puts {@code index} into about three of ten places. */
  void sprinkle(int[] targets, int index) {
    for (int r = 0; r < targets.length; r++) {
      targets[r] = random.nextInt(10) < 3 ? index : targets[r];
    }
  }

  double[] uniform(int count, double low, double high) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = low + (high - low) * random.nextDouble();
    }
    return values;
  }

  long nextLong() {
    return random.nextLong();
  }

  /** Contiguous logits on the heap. */
  static Matrix logits(long seed, ElementType type, int rows, int classes) {
    Matrix matrix = Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, rows, classes);
    new Samples(seed).fillLogits(matrix, 6);
    return matrix;
  }

  /** 64-bit class targets. */
  static ClassTargets longTargets(int[] classes) {
    long[] wide = new long[classes.length];
    for (int r = 0; r < wide.length; r++) {
      wide[r] = classes[r];
    }
    return Targets.classes(wide);
  }

  /** 32-bit class targets in native memory at an odd address. */
  static ClassTargets unalignedTargets(int[] classes) {
    MemorySegment memory = MemoryKind.UNALIGNED.allocate(ElementType.FLOAT32, classes.length);
    return ClassTargets.ofInts(memory.copyFrom(MemorySegment.ofArray(classes)));
  }
}
