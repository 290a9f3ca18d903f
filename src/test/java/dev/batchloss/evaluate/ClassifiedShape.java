package dev.batchloss.evaluate;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The shape of an array of predictions, of whose axes one is that of the classes. */
final class ClassifiedShape {
  private final long[] lengths;
  private final int axis;

  /**
   * A shape.
   *
   * @param lengths of all axes, with blanks between them
   * @param axis that of the classes
   */
  ClassifiedShape(String lengths, int axis) {
    this.lengths = Arrays.stream(lengths.split(" ", -1)).mapToLong(Long::parseLong).toArray();
    this.axis = axis;
  }

  long[] lengths() {
    return lengths.clone();
  }

  int outer() {
    return product(0, axis);
  }

  int classes() {
    return (int) lengths[axis];
  }

  int inner() {
    return product(axis + 1, lengths.length);
  }

  int rows() {
    return outer() * inner();
  }

  int elements() {
    return rows() * classes();
  }

  /** The row of an element, by their places in the flattened arrays. */
  int rowOf(int element) {
    return element / (classes() * inner()) * inner() + element % inner();
  }

  /** The shape without the classes. */
  long[] ofRows() {
    return IntStream.range(0, lengths.length)
        .filter(each -> each != axis)
        .mapToLong(each -> lengths[each])
        .toArray();
  }

  private int product(int from, int to) {
    return (int) Arrays.stream(lengths, from, to).reduce(1, (a, b) -> a * b);
  }
}
