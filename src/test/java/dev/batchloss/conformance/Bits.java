package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Everything that a trial gave, to be compared bit for bit. */
final class Bits {
  private final double loss;
  private final double[] rowLosses;
  private final double[] logSumExp;
  private final double[] matrix;

  private Bits(double loss, double[] rowLosses, double[] logSumExp, double[] matrix) {
    this.loss = loss;
    this.rowLosses = rowLosses;
    this.logSumExp = logSumExp;
    this.matrix = matrix;
  }

  static Bits of(BatchLoss engine, Trial trial) {
    LossResult result =
        engine.evaluate(trial.loss(), trial.input(), trial.targets(), trial.outputs());
    BackendUnderTest.requireUndisturbed(result);
    return new Bits(
        trial.loss().reduction().equals(Reduction.NONE) ? 0 : result.loss(),
        result.rowLosses(),
        trial.loss().input() == InputKind.LOGITS ? result.logSumExp() : new double[0],
        elements(trial.output()));
  }

  private static double[] elements(@Nullable Matrix matrix) {
    if (matrix == null) {
      return new double[0];
    }
    int classes = matrix.classes();
    double[] elements = new double[Math.toIntExact(matrix.rows() * classes)];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = matrix.get(i / classes, i % classes);
    }
    return elements;
  }

  double rowLoss(int row) {
    return rowLosses[row];
  }

  double[] matrixRow(int row) {
    int classes = matrix.length / rowLosses.length;
    return Arrays.copyOfRange(matrix, row * classes, (row + 1) * classes);
  }

  /** Compares all; NaNs are one value, zeros of different signs are two. */
  void mustEqual(Bits other, String what) {
    mustEqualInLosses(other, what);
    assertThat(matrix).as("%s: matrix", what).isEqualTo(other.matrix);
  }

  /** Compares all but the matrix. */
  void mustEqualInLosses(Bits other, String what) {
    assertThat(loss).as("%s: loss", what).isEqualTo(other.loss);
    assertThat(rowLosses).as("%s: row losses", what).isEqualTo(other.rowLosses);
    assertThat(logSumExp).as("%s: lse", what).isEqualTo(other.logSumExp);
  }

  /** FNV-1a over the bits of all of it. */
  long digest(long start) {
    long digest = digest(start, new double[] {loss});
    digest = digest(digest, rowLosses);
    digest = digest(digest, logSumExp);
    return digest(digest, matrix);
  }

  private static long digest(long start, double[] values) {
    long digest = start;
    for (double value : values) {
      digest = (digest ^ Double.doubleToLongBits(value)) * 0x100000001b3L;
      digest ^= digest >>> 29;
    }
    return digest;
  }
}
