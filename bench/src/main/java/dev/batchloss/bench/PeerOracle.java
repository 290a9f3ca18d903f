package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * The mean cross-entropy and its gradient by their definitions, in double arithmetic. A library
 * that computes something else is not timed. The bounds are wide for a library that adds up in
 * floats and far too narrow for another denominator, another target or a missing maximum.
 */
final class PeerOracle {
  /**
   * Adding a million floats one after the other, as some libraries do, errs by half of a
   * thousandth.
   */
  private static final double RELATIVE_LOSS = 2e-3;

  private static final double RELATIVE = 1e-4;

  /** For the gradient at the target times the number of rows, the difference of softmax and 1. */
  private static final double NEXT_TO_ONE = 1e-5;

  /** For a softmax that floats hold with few digits or not at all. */
  private static final double VANISHING = 1e-9;

  private final Matrix logits;
  private final int[] targets;
  private final double[] logSums;
  private final double loss;

  /** Computes the loss; the logits may be written over afterwards if they are put back. */
  PeerOracle(Matrix logits, int[] targets) {
    this.logits = logits;
    this.targets = targets;
    this.logSums = new double[targets.length];
    IntStream.range(0, targets.length).parallel().forEach(row -> logSums[row] = logSum(row));
    double sum = 0;
    for (int row = 0; row < targets.length; row++) {
      sum += logSums[row] - logit(row, targets[row]);
    }
    this.loss = sum / targets.length;
  }

  /** Returns the mean loss. */
  double loss() {
    return loss;
  }

  /**
   * Stops what computes another loss.
   *
   * @return the relative error
   * @throws WrongPeerException if {@code found} is not the mean loss
   */
  double requireLoss(double found) {
    if (!(Math.abs(found - loss) <= RELATIVE_LOSS * Math.max(1e-2, loss))) {
      throw new WrongPeerException(
          "its loss is %s, by the definition it is %s".formatted(found, loss));
    }
    return Math.abs(found - loss) / loss;
  }

  /**
   * Stops what computes another gradient.
   *
   * @param found rows × classes of FLOAT32, row-major
   * @throws WrongPeerException if an element is not that of the mean loss's gradient
   */
  void requireGradient(MemorySegment found) {
    long bytes = logits.rows() * logits.classes() * Float.BYTES;
    if (found.byteSize() != bytes) {
      throw new WrongPeerException(
          "its gradient has %d bytes, rows × classes are %d".formatted(found.byteSize(), bytes));
    }
    IntStream.range(0, targets.length).parallel().forEach(row -> requireRow(found, row));
  }

  private void requireRow(MemorySegment found, int row) {
    int rows = targets.length;
    long base = (long) row * logits.classes();
    for (int c = 0; c < logits.classes(); c++) {
      double softmax = Math.exp(logit(row, c) - logSums[row]);
      boolean own = c == targets[row];
      double wanted = own ? softmax - 1 : softmax;
      double allowed = RELATIVE * softmax + (own ? NEXT_TO_ONE : VANISHING);
      double scaled = rows * (double) found.getAtIndex(ValueLayout.JAVA_FLOAT, base + c);
      if (!(Math.abs(scaled - wanted) <= allowed)) {
        throw new WrongPeerException(
            "its gradient in row %d, class %d is %s, by the definition it is %s"
                .formatted(row, c, scaled / rows, wanted / rows));
      }
    }
  }

  private double logSum(int row) {
    double maximum = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < logits.classes(); c++) {
      maximum = Math.max(maximum, logit(row, c));
    }
    double sum = 0;
    for (int c = 0; c < logits.classes(); c++) {
      sum += Math.exp(logit(row, c) - maximum);
    }
    return maximum + Math.log(sum);
  }

  private double logit(int row, int c) {
    return logits.segment().getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * logits.classes() + c);
  }
}
