package dev.batchloss.cpu;

import static dev.batchloss.cpu.VectorLoop.MAXIMUM;
import static dev.batchloss.cpu.VectorLoop.ORDINARY_SUM_EXP;

import dev.batchloss.plan.RowStatistics;
import java.util.Arrays;

/**
 * The sums of a batch of ordinary rows of no more than a block each, in two rounds: the lanes of
 * every row, and then what is made of them. A row at a time, its lanes would be stored, loaded,
 * added and compared before the next row begins, which for a hundred classes takes longer than the
 * row. For rows of which nothing but the sum and the target is needed. One a worker.
 */
final class RowLanes {
  /** Where a row has no lanes: greater than any rounded exponent. */
  private static final int NONE = Integer.MAX_VALUE;

  private final Call call;
  private final FloatBlocks input;
  private final float[] array;
  private final float scale;
  private final float[] lanes;
  private final int[] greatest;
  private final BlockSums sums = new BlockSums();

  RowLanes(Call call, FloatBlocks input, float[] array, float scale, int batchRows) {
    this.call = call;
    this.input = input;
    this.array = array;
    this.scale = scale;
    this.lanes = new float[batchRows * Lanes.FLOATS];
    this.greatest = new int[batchRows];
  }

  /** Whether a call's rows can be reduced here, if their elements lie in an array. */
  static boolean takes(Call call) {
    return call.classes <= FloatBlocks.LENGTH
        && call.targetProbabilities() == null
        && !TileStatistics.needsOthers(call)
        && !call.needs.maximum();
  }

  /** Fills the lanes, and the shifts as {@link FloatRowPass} finds them. */
  void fill(RowStatistics rows, double[] shifts) {
    int n = call.classes;
    int k = Math.min(n, FloatRowPass.FIRST_LOOK);
    boolean onVectors = MAXIMUM.isCompiled(k);
    Arrays.fill(greatest, 0, rows.size, NONE);
    for (int i = 0; i < rows.size; i++) {
      if (call.reads(rows, i)) {
        int offset = input.arrayOffset(call.input.rowOffset(rows.firstRow + i));
        float shift = FloatLoops.maximum(onVectors, array, offset, k);
        shifts[i] = shift;
        if (FloatSumExp.addLanes(array, offset, n, shift, scale, lanes, i * Lanes.FLOATS, sums)) {
          greatest[i] = sums.floatGreatest;
        }
      }
    }
  }

  /** Whether vectors do this by now. */
  boolean isCompiled() {
    return ORDINARY_SUM_EXP.isCompiled(call.classes);
  }

  /** Fills the sum of a row; false if the row is not ordinary, and has none here. */
  boolean sum(RowStatistics rows, int i) {
    boolean isSum = FloatSumExp.isSum(greatest[i], lanes, i * Lanes.FLOATS, sums);
    rows.sum[i] = sums.sum;
    return isSum;
  }
}
