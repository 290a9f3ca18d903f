package dev.batchloss.conformance;

import static dev.batchloss.conformance.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.data.Matrix;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Runs a trial and holds everything that comes back against the oracle. */
final class Judge {
  private final Trial trial;
  private final Oracle oracle;
  private final Tolerance tolerance;

  private Judge(Trial trial) {
    this.trial = trial;
    this.oracle = new Oracle(trial);
    this.tolerance = new Tolerance(trial.input().type(), trial.loss().softcap());
  }

  /** Runs and judges; fails with the row, the class and both values. */
  static void judge(BatchLoss engine, Trial trial) {
    Judge judge = new Judge(trial);
    MemorySegment inputBefore = copy(trial.input());
    @Nullable MemorySegment outputBefore = trial.output() == null ? null : copy(trial.output());
    LossResult result =
        engine.evaluate(trial.loss(), trial.input(), trial.targets(), trial.outputs());
    BackendUnderTest.requireUndisturbed(result);
    if (!trial.inPlace()) {
      assertThat(trial.input().segment().mismatch(inputBefore))
          .as("%s: first byte of the input that changed", trial)
          .isEqualTo(-1);
    }
    if (outputBefore != null) {
      judge.checkGaps(outputBefore);
    }
    judge.checkSums(result);
    judge.checkRows(result);
    if (trial.kind() != MatrixOutput.NONE) {
      judge.checkMatrix();
    }
    if (!trial.metrics().isEmpty()) {
      new MetricsJudge(trial, judge.oracle, judge.tolerance).check(result.metrics());
    }
  }

  private void checkSums(LossResult result) {
    assertThat(result.summary().rows()).as("%s: rows", trial).isEqualTo(oracle.rows());
    assertThat(result.summary().counted()).as("%s: counted", trial).isEqualTo(oracle.countedRows());
    assertThat(result.summary().ignored())
        .as("%s: ignored", trial)
        .isEqualTo(oracle.rows() - oracle.countedRows());
    assertClose(
        result.summary().weightSum(),
        oracle.weightSum(),
        1e-14 * (oracle.rows() + Math.abs(oracle.weightSum())),
        () -> trial + ": weightSum");
    if (trial.loss().reduction().kind() == Reduction.Kind.NONE) {
      return;
    }
    double bound = 0;
    for (int r = 0; r < oracle.rows(); r++) {
      bound += oracle.isCounted(r) ? rowLossBound(r) : 0;
    }
    assertClose(
        result.loss(),
        oracle.reduced(),
        bound / Math.abs(oracle.denominator()),
        () -> trial + ": loss");
  }

  private double rowLossBound(int r) {
    return Math.abs(oracle.sampleWeight(r)) * tolerance.rowResult(oracle.row(r).loss());
  }

  private void checkRows(LossResult result) {
    double[] losses = result.rowLosses();
    assertThat(losses).as("%s: row losses", trial).hasSize(oracle.rows());
    for (int r = 0; r < oracle.rows(); r++) {
      int row = r;
      assertClose(
          losses[r], oracle.rowLoss(r), rowLossBound(r), () -> trial + ": loss of row " + row);
    }
    if (trial.loss().input() == InputKind.LOGITS) {
      double[] lses = result.logSumExp();
      for (int r = 0; r < oracle.rows(); r++) {
        int row = r;
        double want = oracle.row(r).lse();
        assertClose(lses[r], want, tolerance.rowResult(want), () -> trial + ": lse of row " + row);
      }
    }
  }

  private void checkMatrix() {
    for (int r = 0; r < oracle.rows(); r++) {
      if (trial.kind() == MatrixOutput.GRADIENT) {
        checkGradient(r);
      } else {
        checkProbabilities(r);
      }
    }
  }

  private void checkGradient(int r) {
    double factor = oracle.gradientFactor(r);
    if (!oracle.isCounted(r)) {
      for (int c = 0; c < oracle.classes(); c++) {
        checkElement(r, c, 0, 0);
      }
    } else if (Double.isFinite(factor)) {
      double[] gradient = oracle.row(r).gradient();
      double[] size = oracle.row(r).gradientSize();
      for (int c = 0; c < oracle.classes(); c++) {
        double bound = tolerance.gradient(Math.abs(factor) * size[c]);
        checkElement(r, c, factor * gradient[c], bound);
      }
    }
  }

  private void checkProbabilities(int r) {
    OracleRow row = oracle.row(r);
    for (int c = 0; c < oracle.classes(); c++) {
      if (trial.kind() == MatrixOutput.SOFTMAX) {
        checkElement(r, c, row.probability(c), tolerance.gradient(1));
      } else {
        double want = row.logProbability(c);
        checkElement(r, c, want, tolerance.rowResult(want));
      }
    }
  }

  private void checkElement(int r, int c, double want, double bound) {
    Matrix output = trial.written();
    double got = output.get(r, c);
    double infinity = Math.copySign(Double.POSITIVE_INFINITY, want);
    double stored = want == 0 ? 0 : Tolerance.halfUlp(output.type(), Math.abs(want) + bound);
    assertClose(
        got,
        Tolerance.overflows(output.type(), want) ? infinity : want,
        bound + stored,
        () -> "%s: %s of row %d, class %d".formatted(trial, trial.kind(), r, c));
  }

  /** Puts the elements that were written into the memory as it was: all of it must be the same. */
  private void checkGaps(MemorySegment before) {
    Matrix output = trial.written();
    Matrix expected = viewOf(before, output);
    for (int r = 0; r < oracle.rows(); r++) {
      for (int c = 0; c < oracle.classes(); c++) {
        expected.set(r, c, output.get(r, c));
      }
    }
    assertThat(output.segment().mismatch(before))
        .as("%s: first byte between the elements of the output that changed", trial)
        .isEqualTo(-1);
  }

  private static MemorySegment copy(Matrix matrix) {
    byte[] bytes = new byte[Math.toIntExact(matrix.segment().byteSize())];
    return MemorySegment.ofArray(bytes).copyFrom(matrix.segment());
  }

  private static Matrix viewOf(MemorySegment memory, Matrix shape) {
    return Matrix.strided(
        memory,
        shape.type(),
        shape.outer(),
        shape.classes(),
        shape.inner(),
        shape.outerStride(),
        shape.classStride(),
        shape.innerStride());
  }
}
