package dev.batchloss.conformance;

/** A number of rows and of classes. */
record Shape(int rows, int classes) {
  long elements() {
    return (long) rows * classes;
  }

  @Override
  public String toString() {
    return rows + "×" + classes;
  }
}
