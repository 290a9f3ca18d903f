package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;

import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.RowPlan;
import dev.batchloss.plan.RowStatistics;
import dev.batchloss.plan.TargetKind;
import java.util.Arrays;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The gradient of short rows of floats that follow each other without gaps, in 32-bit arithmetic:
 * u·e^d everywhere, and the target's element by itself, in double. Rows are not laid side by side
 * as for their sums: where nothing has to be added up, a vector that is not full is cheaper than
 * moving every element twice. One a worker.
 */
final class ShortRowGradient {
  /** Elements of a group: two arrays of them stay in the first-level cache. */
  private static final int GROUP = 2048;

  /**
   * Whether the first lanes of a vector can be stored by themselves: 128-bit vectors of ARM cannot,
   * and with no instruction for it a vector is an object.
   */
  private static final boolean STORES_PARTS = Lanes.FLOAT_STEP > 4;

  private final Call call;
  private final double scale;
  private final int classes;
  private final int groupRows;
  private final Elements input;
  private final Elements output;

  private final boolean readsInPlace;
  private final boolean writesInPlace;

  /** The arrays behind the matrices, or what groups are copied to and from. */
  private final float[] source;

  private final float[] written;

  /** Not private, so that the reads ahead are not optimized away. */
  boolean metNan;

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
    float[] inputArray = input.floatArray();
    float[] outputArray = output.floatArray();
    // Over the logits a load would wait for the store before it, whose vector ends where it begins.
    this.readsInPlace = inputArray != null && !call.request.inPlace();
    this.writesInPlace = outputArray != null && STORES_PARTS;
    int padded = elements + Lanes.FLOATS;
    this.source = readsInPlace ? Objects.requireNonNull(inputArray) : new float[padded];
    this.written = writesInPlace ? Objects.requireNonNull(outputArray) : new float[padded];
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
    long first = rows.firstRow + at;
    int from = readsInPlace ? input.floatArrayOffset() + (int) call.input.rowOffset(first) : 0;
    if (!readsInPlace) {
      input.read(call.input.rowOffset(first), elements, source, 0);
    }
    long outputStart = output.matrix().rowOffset(first);
    int to = writesInPlace ? output.floatArrayOffset() + (int) outputStart : 0;
    multiplyExp(rows.size, from, at, n, to);
    for (int row = 0; row < n; row++) {
      int i = at + row;
      double p = targetProbabilities[i];
      double product = p == 0 ? 0 : p * rows.u[i];
      written[to + row * classes + rows.target[i]] = (float) (scale * (product - rows.r[i]));
    }
    if (call.plan.ignoredClass() != null) {
      for (int row = 0; row < n; row++) {
        if (rows.ignored[at + row]) {
          Arrays.fill(written, to + row * classes, to + (row + 1) * classes, 0);
        }
      }
    }
    if (!writesInPlace) {
      output.write(outputStart, elements, written, 0);
    }
  }

  /**
   * written = factor·e^((x − shift)·scale) for {@code n} rows of a batch from {@code firstRow} on,
   * one after the other, while the elements of the next batch are asked for.
   */
  private void multiplyExp(int batchRows, int from, int firstRow, int n, int to) {
    try {
      float[] x = source;
      int step = Lanes.floatStep;
      int whole = classes - classes % Lanes.FLOAT_STEP;
      int ahead = Math.min(batchRows * classes, x.length - from - n * classes);
      int toWritten = to - from;
      VectorMask<Float> rest = FLOAT.indexInRange(0, classes - whole);
      FloatVector exponents = FloatMath.ONE.mul(FloatMath.exp2Factor((float) scale));
      int start = from;
      for (int row = firstRow; row < firstRow + n; row++) {
        FloatVector shift = FloatVector.broadcast(FLOAT, rowShifts[row]);
        FloatVector factor = FloatVector.broadcast(FLOAT, rowFactors[row]);
        int i = start;
        for (; i < start + whole; i += step) {
          if (Float.floatToRawIntBits(x[i + ahead]) == ReadAhead.FLOAT) {
            metNan = true;
          }
          FloatVector distance = FloatVector.fromArray(FLOAT, x, i).sub(shift);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, exponents);
          e.mul(factor).intoArray(written, i + toWritten);
        }
        if (whole < classes) {
          if (Float.floatToRawIntBits(x[i + ahead]) == ReadAhead.FLOAT) {
            metNan = true;
          }
          FloatVector distance = FloatVector.fromArray(FLOAT, x, i, rest).sub(shift);
          FloatVector e = (FloatVector) FloatMath.EXP2.invokeExact(distance, exponents);
          if (STORES_PARTS) {
            e.mul(factor).intoArray(written, i + toWritten, rest);
          } else {
            // Beyond the row, which the next row mends.
            e.mul(factor).intoArray(written, i + toWritten);
          }
        }
        start += classes;
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }
}
