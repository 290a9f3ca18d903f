package dev.batchloss.cuda;

import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.Reduction;
import dev.batchloss.plan.RowPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What every kernel of a device loss takes: the structure of loss_parameters.cuh, field by field.
 *
 * @param state the address of what the call leaves
 * @param rowTargets the address of those that row kernels take
 * @param classWeights the address of the class weights as doubles, or 0
 * @param columns the address of what row kernels leave
 * @param rowFactors the address of what row kernels multiply gradients by, or 0
 */
record LossParameters(
    long state, long rowTargets, long classWeights, long columns, long rowFactors) {
  /** What the structure takes. */
  static final int BYTES = 168;

  /** What the state takes on the device. */
  static final int STATE_BYTES = 1240;

  /** What of it comes back: all but the sums. */
  static final int RESULT_BYTES = 72;

  static final int FIRST_BAD = 0;
  static final int BAD_VALUE = 16;
  static final int BAD = 24;
  static final int GRADIENT_SCALE = 48;
  static final int LOSS = 56;
  static final int BAD_WEIGHT = 64;

  static final int STATE = 0;
  static final int TARGETS = 8;
  static final int ROW_TARGETS = 16;
  static final int CLASS_WEIGHTS = 24;
  static final int SAMPLE_WEIGHTS = 32;
  static final int COLUMN_MEMORY = 40;
  static final int ROW_LOSSES = 48;
  static final int ROW_FACTORS = 56;
  static final int ROWS = 64;
  static final int IGNORED_CLASS = 72;
  static final int UPSTREAM = 80;
  static final int DENOMINATOR = 88;
  static final int EMPTY_MEAN = 96;
  static final int SHIFT_UNIT = 104;
  static final int TARGET_SHARE = 112;
  static final int SMOOTHING_SHARE = 120;
  static final int CLASS_WEIGHT_SUM = 128;
  static final int Z_LOSS = 136;
  static final int CLASSES = 144;
  static final int IGNORES = 148;
  static final int IS_MEAN = 152;
  static final int NORMALIZES = 156;
  static final int COLUMNS = 160;
  static final int WEIGHT_TYPE = 164;

  /** Writes the structure to memory of {@link #BYTES}. */
  void writeTo(MemorySegment to, LossLaunch launch) {
    RowPlan plan = launch.plan();
    Reduction reduction = plan.reduction();
    Long ignoredClass = plan.ignoredClass();
    boolean isEmptyZero = launch.emptyMean() == EmptyMean.ZERO;
    to.fill((byte) 0);
    setLong(to, STATE, state);
    setLong(to, TARGETS, launch.call().targets());
    setLong(to, ROW_TARGETS, rowTargets);
    setLong(to, CLASS_WEIGHTS, classWeights);
    setLong(to, SAMPLE_WEIGHTS, launch.call().sampleWeights());
    setLong(to, COLUMN_MEMORY, columns);
    setLong(to, ROW_LOSSES, launch.call().rowLosses());
    setLong(to, ROW_FACTORS, rowFactors);
    setLong(to, ROWS, launch.call().rows());
    setLong(to, IGNORED_CLASS, ignoredClass == null ? 0 : ignoredClass);
    setDouble(to, UPSTREAM, launch.call().upstream());
    // Of MEAN the device finds it.
    setDouble(to, DENOMINATOR, reduction.denominatorFor(1, launch.call().input().outer()));
    setDouble(to, EMPTY_MEAN, isEmptyZero ? 0 : Double.NaN);
    setDouble(to, SHIFT_UNIT, launch.shiftUnit());
    setDouble(to, TARGET_SHARE, launch.epilogue().targetShare());
    setDouble(to, SMOOTHING_SHARE, launch.epilogue().smoothingShare());
    setDouble(to, CLASS_WEIGHT_SUM, launch.epilogue().classWeightSum());
    setDouble(to, Z_LOSS, plan.objective().zLoss());
    setInt(to, CLASSES, launch.call().input().classes());
    setInt(to, IGNORES, ignoredClass == null ? 0 : 1);
    setInt(to, IS_MEAN, reduction.kind() == Reduction.Kind.MEAN ? 1 : 0);
    setInt(to, NORMALIZES, plan.input().normalizesByLogSumExp() ? 1 : 0);
    setInt(to, COLUMNS, launch.rows().columnBits());
    setInt(to, WEIGHT_TYPE, RowParameters.number(launch.call().weightType()));
  }

  private static void setLong(MemorySegment to, int offset, long value) {
    to.set(ValueLayout.JAVA_LONG, offset, value);
  }

  private static void setDouble(MemorySegment to, int offset, double value) {
    to.set(ValueLayout.JAVA_DOUBLE, offset, value);
  }

  private static void setInt(MemorySegment to, int offset, int value) {
    to.set(ValueLayout.JAVA_INT, offset, value);
  }
}
