package dev.batchloss.evaluate;

import dev.batchloss.data.Matrix;

/** Whether the first rows of what is said to be logits look like probabilities. */
final class ProbabilityLikeness {
  private static final long ROWS = 1000;
  private static final double TOLERANCE = 1e-3;

  private boolean alike = true;
  private boolean seenAny;

  /** Looks at the rows of a block as far as they are among the first; blocks come in order. */
  void accept(long firstRow, Matrix matrix) {
    long rows = Math.min(matrix.rows(), ROWS - firstRow);
    for (long row = 0; row < rows && alike; row++) {
      double sum = 0;
      for (int c = 0; c < matrix.classes() && alike; c++) {
        double value = matrix.get(row, c);
        alike = value >= 0 && value <= 1;
        sum += value;
      }
      alike &= Math.abs(sum - 1) <= TOLERANCE;
      seenAny = true;
    }
  }

  /** Returns whether every row that was looked at sums to 1 over numbers in 0..1. */
  boolean isLikely() {
    return alike && seenAny;
  }
}
