package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.util.Arrays;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of short rows of floats that follow each other without gaps, in 32-bit arithmetic:
 * u·e^d everywhere, and the target's element by itself. A group of rows is one run of elements, for
 * each of which its row's shift and factor lie beside it, so that a vector may hold the end of a
 * row, whole rows and the beginning of another. One a worker.
 */
final class ShortRowGradient {
  /** Elements of a group: four arrays of them stay in the first-level cache. */
  private static final int GROUP = 2048;

  private final Call call;
  private final double scale;
  private final int classes;
  private final int groupRows;
  private final Elements input;
  private final Elements output;
  private final float[] source;
  private final float[] written;
  private final float[] shifts;
  private final float[] factors;
  private final double[] targetProbabilities;
  private final float[] rowShifts;
  private final float[] rowFactors;

  ShortRowGradient(Call call, double scale, int batchRows) {
    this.call = call;
    this.scale = scale;
    this.classes = call.classes;
    this.groupRows = Math.max(1, GROUP / classes);
    int elements = groupRows * classes;
    this.input = new Elements(call.input, elements);
    this.output = new Elements(Objects.requireNonNull(call.output), elements);
    int padded = elements + Lanes.FLOATS;
    this.source = new float[padded];
    this.written = new float[padded];
    this.shifts = new float[padded];
    this.factors = new float[padded];
    this.targetProbabilities = new double[Tile.lanes(batchRows)];
    this.rowShifts = new float[batchRows];
    this.rowFactors = new float[batchRows];
  }

  /** Whether a call's gradient can be formed here. */
  static boolean takes(Call call) {
    return call.outputKind == MatrixOutput.GRADIENT
        && call.takesFloat()
        && call.classes <= CpuBackend.SHORT_ROW
        && call.targetKind == TargetKind.CLASSES
        && Tile.isGapless(call.input)
        && Tile.isGapless(Objects.requireNonNull(call.output))
        && hasOneTerm(call.plan);
  }

  /** Whether nothing but the softmax and the target is in the gradient. */
  private static boolean hasOneTerm(RowPlan plan) {
    return plan.objective().labelSmoothing() == 0 && plan.objective().entropy() == 0;
  }

  /** Writes the rows of a batch, each of which has its shift in {@code shifts}. */
  void write(RowStatistics rows, double[] shifts) {
    for (int i = 0; i < rows.size; i++) {
      targetProbabilities[i] = rows.targetShifted[i] - rows.logNormalizer[i];
      rowShifts[i] = (float) shifts[i];
      rowFactors[i] = (float) (scale * rows.u[i] / rows.sum[i]);
    }
    ArrayMath.exp(targetProbabilities, 1, targetProbabilities, rows.size);
    for (int at = 0; at < rows.size; at += groupRows) {
      writeGroup(rows, at, Math.min(groupRows, rows.size - at));
    }
  }

  private void writeGroup(RowStatistics rows, int at, int n) {
    int elements = n * classes;
    input.read(call.input.rowOffset(rows.firstRow + at), elements, source, 0);
    repeat(rowShifts, at, n, classes, shifts);
    repeat(rowFactors, at, n, classes, factors);
    multiplyExp(source, elements, (float) scale, shifts, factors, written);
    for (int row = 0; row < n; row++) {
      int i = at + row;
      double p = targetProbabilities[i];
      double product = p == 0 ? 0 : p * rows.u[i];
      written[row * classes + rows.target[i]] = (float) (scale * (product - rows.r[i]));
    }
    if (call.plan.ignoredClass() != null) {
      for (int row = 0; row < n; row++) {
        if (rows.ignored[at + row]) {
          Arrays.fill(written, row * classes, (row + 1) * classes, 0);
        }
      }
    }
    output.write(output.matrix().rowOffset(rows.firstRow + at), elements, written, 0);
  }

  /** Every row's number as often as it has classes; what a row writes too far the next mends. */
  private static void repeat(float[] rows, int at, int n, int classes, float[] to) {
    int place = 0;
    for (int row = at; row < at + n; row++) {
      FloatVector all = FloatVector.broadcast(FLOAT, rows[row]);
      for (int c = 0; c < classes; c += FLOAT_STEP) {
        all.intoArray(to, place + c);
      }
      place += classes;
    }
  }

  /** to = factor·e^((x − shift)·scale). */
  private static void multiplyExp(
      float[] x, int n, float scale, float[] shifts, float[] factors, float[] to) {
    try {
      int step = Lanes.floatStep;
      FloatVector exponents = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      for (int i = 0; i < n; i += step) {
        FloatVector distance =
            FloatVector.fromArray(FLOAT, x, i).sub(FloatVector.fromArray(FLOAT, shifts, i));
        FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, exponents);
        e.mul(FloatVector.fromArray(FLOAT, factors, i)).intoArray(to, i);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
