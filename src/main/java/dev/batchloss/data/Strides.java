package dev.batchloss.data;

import java.util.Arrays;
import java.util.Comparator;

/** Where the elements of outer × classes × inner numbers stand, counted in elements. */
record Strides(
    long outer, int classes, long inner, long outerStride, long classStride, long innerStride) {

  Strides {
    requireNotNegative("outer", outer);
    requireNotNegative("classes", classes);
    requireNotNegative("inner", inner);
    requireNotNegative("outerStride", outerStride);
    requireNotNegative("classStride", classStride);
    requireNotNegative("innerStride", innerStride);
    long _ = product(outer, inner);
  }

  /** Without gaps, the inner index fastest. */
  static Strides packed(long outer, int classes, long inner) {
    return new Strides(outer, classes, inner, product(classes, inner), inner, 1);
  }

  boolean isEmpty() {
    return outer == 0 || classes == 0 || inner == 0;
  }

  /** Where class 0 of the row stands. */
  long rowOffset(long row) {
    if (inner == 1) {
      return row * outerStride;
    }
    return (row / inner) * outerStride + (row % inner) * innerStride;
  }

  /** How many bytes there are up to the end of the last element, of which there must be one. */
  long reachInBytes(ElementType type) {
    long last =
        sum(
            sum(product(outer - 1, outerStride), product(classes - 1, classStride)),
            product(inner - 1, innerStride));
    return product(sum(last, 1), type.bytes());
  }

  boolean areDistinct() {
    if (isEmpty()) {
      return true;
    }
    long[][] axes = {{outer, outerStride}, {classes, classStride}, {inner, innerStride}};
    Arrays.sort(axes, Comparator.comparingLong(axis -> axis[1]));
    long reach = 0;
    for (long[] axis : axes) {
      if (axis[0] > 1) {
        if (axis[1] <= reach) {
          return false;
        }
        reach += (axis[0] - 1) * axis[1];
      }
    }
    return true;
  }

  private static long product(long a, long b) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw tooLarge(a + " × " + b, e);
    }
  }

  private static long sum(long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw tooLarge(a + " + " + b, e);
    }
  }

  private static IllegalArgumentException tooLarge(String what, ArithmeticException cause) {
    return new IllegalArgumentException(
        "a matrix of this shape reaches beyond 2^63: " + what, cause);
  }

  private static void requireNotNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " is " + value + ", must not be negative");
    }
  }
}
