package dev.batchloss.device;

/**
 * What a device returns of a batch that is for checks alone; columns that nobody asked for hold
 * leftovers.
 */
final class CheckColumns {
  /** {@link RowColumn#INPUT_SUM}. */
  final double[] inputSum;

  /** {@link RowColumn#BAD_CLASS}. */
  final int[] badClass;

  /** {@link RowColumn#BAD_TARGET_CLASS}. */
  final int[] badTargetClass;

  CheckColumns(int capacity) {
    inputSum = new double[capacity];
    badClass = new int[capacity];
    badTargetClass = new int[capacity];
  }
}
