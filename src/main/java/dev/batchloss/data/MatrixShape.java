package dev.batchloss.data;

/** What a matrix is apart from where it is: outer × classes × inner numbers of one format. */
public interface MatrixShape {
  /** Returns the format of the elements. */
  ElementType type();

  /** Returns the length of the outer axis. */
  long outer();

  /** Returns the number of classes: the length of a row. */
  int classes();

  /** Returns the length of the inner axis. */
  long inner();

  /** Returns the number of rows: outer × inner. */
  default long rows() {
    return outer() * inner();
  }

  /** Returns whether the three axes are as long as {@code other}'s. */
  default boolean hasShapeOf(MatrixShape other) {
    return outer() == other.outer() && classes() == other.classes() && inner() == other.inner();
  }

  /** Returns whether {@code other} views the same elements in the same places. */
  boolean isSameView(MatrixShape other);
}
