package dev.batchloss.compat;

import java.util.Arrays;

/** The lengths of a tensor's axes. Immutable. */
final class Shape {
  private final long[] lengths;
  private final long size;

  private Shape(long[] lengths) {
    this.lengths = lengths;
    long product = 1;
    for (long length : lengths) {
      if (length < 0) {
        throw new IllegalArgumentException(
            "shape is " + Arrays.toString(lengths) + ", must have no negative length");
      }
      product = times(product, length);
    }
    this.size = product;
  }

  static Shape of(long... lengths) {
    return new Shape(lengths.clone());
  }

  long[] lengths() {
    return lengths.clone();
  }

  int rank() {
    return lengths.length;
  }

  /** The product of the lengths; 1 without axes. */
  long size() {
    return size;
  }

  long length(int axis) {
    return lengths[axis];
  }

  /**
   * Counts a negative axis from the end.
   *
   * @throws IllegalArgumentException if there is no such axis
   */
  int requireAxis(String name, int axis) {
    int rank = lengths.length;
    if (axis < -rank || axis >= rank) {
      throw new IllegalArgumentException(
          "%s is %d, must be in %d..%d for shape %s".formatted(name, axis, -rank, rank - 1, this));
    }
    return axis < 0 ? axis + rank : axis;
  }

  /** The axes from {@code first} to {@code end}, which is excluded. */
  Shape between(int first, int end) {
    return new Shape(Arrays.copyOfRange(lengths, first, end));
  }

  /** All axes but one. */
  Shape without(int axis) {
    long[] rest = new long[lengths.length - 1];
    System.arraycopy(lengths, 0, rest, 0, axis);
    System.arraycopy(lengths, axis + 1, rest, axis, rest.length - axis);
    return new Shape(rest);
  }

  /**
   * The shape that this one and another are both repeated to, axes being matched from the last:
   * equal lengths, or one of them 1.
   *
   * @throws IllegalArgumentException if there is none
   */
  Shape broadcastWith(Shape other, String names) {
    long[] common = new long[Math.max(rank(), other.rank())];
    for (int fromEnd = 1; fromEnd <= common.length; fromEnd++) {
      long ours = fromEnd > rank() ? 1 : lengths[rank() - fromEnd];
      long theirs = fromEnd > other.rank() ? 1 : other.lengths[other.rank() - fromEnd];
      if (ours != theirs && ours != 1 && theirs != 1) {
        throw new IllegalArgumentException(
            "%s have shapes %s and %s, which do not broadcast".formatted(names, this, other));
      }
      common[common.length - fromEnd] = ours == 1 ? theirs : ours;
    }
    return new Shape(common);
  }

  /**
   * For each element of a tensor of shape {@code wanted}, in row-major order, the place of the
   * element of this shape that broadcasting puts there.
   *
   * @throws IllegalArgumentException if this shape does not broadcast to {@code wanted}
   */
  long[] sourcesIn(Shape wanted) {
    requireBroadcastsTo(wanted);
    long[] sources = new long[Math.toIntExact(wanted.size)];
    int missing = wanted.rank() - rank();
    for (int i = 0; i < sources.length; i++) {
      long rest = i;
      long stride = 1;
      for (int axis = wanted.rank() - 1; axis >= missing; axis--) {
        long length = lengths[axis - missing];
        sources[i] += length == 1 ? 0 : rest % wanted.lengths[axis] * stride;
        rest /= wanted.lengths[axis];
        stride *= length;
      }
    }
    return sources;
  }

  /** The same with axes of length 1 in front, {@code rank} in all. */
  Shape alignedTo(int rank) {
    long[] aligned = new long[rank];
    Arrays.fill(aligned, 1);
    System.arraycopy(lengths, 0, aligned, rank - lengths.length, lengths.length);
    return new Shape(aligned);
  }

  /** Refuses a shape that broadcasting cannot make of this one. */
  void requireBroadcastsTo(Shape wanted) {
    int missing = wanted.rank() - rank();
    boolean fits = missing >= 0;
    for (int axis = 0; fits && axis < rank(); axis++) {
      fits = lengths[axis] == 1 || lengths[axis] == wanted.lengths[axis + missing];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "shape %s does not broadcast to %s".formatted(this, wanted));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(lengths, that.lengths);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(lengths);
  }

  @Override
  public String toString() {
    return Arrays.toString(lengths);
  }

  private static long times(long a, long b) {
    try {
      return Math.multiplyExact(a, b);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("shape has more than 2^63 elements", e);
    }
  }
}
