package dev.batchloss.spi;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.MatrixShape;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Outer × classes × inner numbers that lie in a device's memory already, somebody else's: element
 * (o, c, i) stands o·outerStride + c·classStride + i·innerStride elements behind the first, and
 * belongs to row o·inner + i. Nothing is owned, and nothing is known of the memory but what is said
 * here: an address that is wrong ends the use of the device.
 *
 * @param address where the first element stands on the device: a {@code CUdeviceptr}
 * @param type the format of the elements
 * @param outer the length of the outer axis
 * @param classes the length of a row
 * @param inner the length of the inner axis; 1 for a matrix of two dimensions
 * @param outerStride elements from an outer index to the next; positive
 * @param classStride elements from a class to the next; positive, 1 is fastest
 * @param innerStride elements from an inner index to the next; positive
 */
public record DeviceView(
    long address,
    ElementType type,
    long outer,
    int classes,
    long inner,
    long outerStride,
    long classStride,
    long innerStride)
    implements MatrixShape {

  /**
   * Checks what can be checked.
   *
   * @throws IllegalArgumentException if a length is negative, a stride is not positive, or the
   *     address is 0 or no multiple of an element's bytes
   */
  public DeviceView {
    require(outer >= 0, "outer", outer, "must not be negative");
    require(classes >= 0, "classes", classes, "must not be negative");
    require(inner >= 0, "inner", inner, "must not be negative");
    require(outerStride > 0, "outerStride", outerStride, "must be positive");
    require(classStride > 0, "classStride", classStride, "must be positive");
    require(innerStride > 0, "innerStride", innerStride, "must be positive");
    require(
        address != 0 && address % type.bytes() == 0,
        "address",
        address,
        "must be a multiple of %d bytes other than 0".formatted(type.bytes()));
  }

  /**
   * Rows × classes numbers.
   *
   * @param rowStride elements from a row to the next; positive
   * @throws IllegalArgumentException as for three dimensions
   */
  public DeviceView(
      long address, ElementType type, long rows, int classes, long rowStride, long classStride) {
    this(address, type, rows, classes, 1, rowStride, classStride, 1);
  }

  /** Rows that follow each other without gaps. */
  public static DeviceView of(long address, ElementType type, long rows, int classes) {
    return of(address, type, rows, classes, 1);
  }

  /** Outer × classes × inner numbers without gaps, the inner index fastest. */
  public static DeviceView of(long address, ElementType type, long outer, int classes, long inner) {
    long classStride = Math.max(1, inner);
    long outerStride = Math.max(1, classes) * classStride;
    return new DeviceView(address, type, outer, classes, inner, outerStride, classStride, 1);
  }

  @Override
  public boolean isSameView(MatrixShape other) {
    return equals(other);
  }

  /** Returns whether no element stands where another does, as far as strides tell. */
  boolean isApart() {
    List<Axis> axes =
        Stream.of(
                new Axis(outer, outerStride),
                new Axis(classes, classStride),
                new Axis(inner, innerStride))
            .filter(axis -> axis.length > 1)
            .sorted(Comparator.comparingLong(Axis::stride))
            .toList();
    long reach = 0;
    for (Axis axis : axes) {
      if (axis.stride <= reach) {
        return false;
      }
      reach += axis.reach();
    }
    return true;
  }

  /** Returns whether the stretches of memory from first to last element meet. */
  boolean overlaps(DeviceView other) {
    return overlaps(other.address, other.bytes());
  }

  boolean overlaps(long otherAddress, long otherBytes) {
    return Long.compareUnsigned(address, otherAddress + otherBytes) < 0
        && Long.compareUnsigned(otherAddress, address + bytes()) < 0;
  }

  private long bytes() {
    if (rows() == 0 || classes == 0) {
      return 0;
    }
    long last =
        new Axis(outer, outerStride).reach()
            + new Axis(classes, classStride).reach()
            + new Axis(inner, innerStride).reach();
    return (last + 1) * type.bytes();
  }

  private record Axis(long length, long stride) {
    /** Returns how far the last element is from the first. */
    long reach() {
      return (length - 1) * stride;
    }
  }

  private static void require(boolean holds, String name, long value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException("%s is %d, %s".formatted(name, value, wanted));
    }
  }
}
