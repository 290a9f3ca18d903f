package dev.batchloss.data;

/** A class index outside 0..C−1 that is not the ignored one. */
public final class InvalidTargetException extends InvalidDataException {
  private static final long serialVersionUID = 1;

  private final long row;
  private final long value;
  private final long count;
  private final int classes;

  /**
   * Creates one.
   *
   * @param row the first row with a bad target, counted from 0
   * @param value the target of that row
   * @param count how many rows have a bad target
   * @param classes the number of classes
   */
  public InvalidTargetException(long row, long value, long count, int classes) {
    super(
        "target of row %d is %d, must be in 0..%d%s"
            .formatted(row, value, classes - 1, others(count - 1)));
    this.row = row;
    this.value = value;
    this.count = count;
    this.classes = classes;
  }

  /** Returns the first row with a bad target, counted from 0. */
  public long row() {
    return row;
  }

  /** Returns the target of the first bad row. */
  public long value() {
    return value;
  }

  /** Returns how many rows have a bad target. */
  public long count() {
    return count;
  }

  /** Returns the number of classes that the targets were held against. */
  public int classes() {
    return classes;
  }

  private static String others(long others) {
    return others == 0 ? "" : " (and " + others + (others == 1 ? " other)" : " others)");
  }
}
