package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.util.Arrays;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of short rows of floats that follow each other without gaps, in 32-bit arithmetic:
 * u·e^d everywhere, and the target's element by itself, in double. Rows are not laid side by side
 * as for their sums: where nothing has to be added up, a vector that is not full is cheaper than
 * moving every element twice. One a worker.
 */
final class ShortRowGradient {
  /** Elements of a group: two arrays of them stay in the first-level cache. */
  private static final int GROUP = 2048;

  private final Call call;
  private final double scale;
  private final int classes;
  private final int groupRows;
  private final Elements input;
  private final Elements output;
  private final float[] source;
  private final float[] written;
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
    multiplyExp(source, classes, (float) scale, rowShifts, rowFactors, at, n, written);
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

  /**
   * to = factor·e^((x − shift)·scale), a row after the other. The last vector of a row goes on
   * beyond it, which the next row mends.
   */
  private static void multiplyExp(
      float[] x,
      int classes,
      float scale,
      float[] shifts,
      float[] factors,
      int firstRow,
      int rows,
      float[] to) {
    try {
      int step = Lanes.floatStep;
      FloatVector exponents = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      int start = 0;
      for (int row = firstRow; row < firstRow + rows; row++) {
        FloatVector shift = FloatVector.broadcast(FLOAT, shifts[row]);
        FloatVector factor = FloatVector.broadcast(FLOAT, factors[row]);
        int i = start;
        do {
          FloatVector distance = FloatVector.fromArray(FLOAT, x, i).sub(shift);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, exponents);
          e.mul(factor).intoArray(to, i);
          i += step;
        } while (i < start + classes);
        start += classes;
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
