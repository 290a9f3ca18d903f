package dev.batchloss.spi;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.MatrixShape;

/**
 * Rows × classes numbers that lie in a device's memory already, somebody else's: element (r, c)
 * stands r·rowStride + c·classStride elements behind the first. Nothing is owned, and nothing is
 * known of the memory but what is said here: an address that is wrong ends the use of the device.
 *
 * @param address where the first element stands on the device: a {@code CUdeviceptr}
 * @param type the format of the elements
 * @param rows the number of rows
 * @param classes the length of a row
 * @param rowStride elements from a row to the next; positive
 * @param classStride elements from a class to the next; positive, 1 is fastest
 */
public record DeviceView(
    long address, ElementType type, long rows, int classes, long rowStride, long classStride)
    implements MatrixShape {

  /**
   * Checks what can be checked.
   *
   * @throws IllegalArgumentException if a length is negative, a stride is not positive, or the
   *     address is 0 or no multiple of an element's bytes
   */
  public DeviceView {
    require(rows >= 0, "rows", rows, "must not be negative");
    require(classes >= 0, "classes", classes, "must not be negative");
    require(rowStride > 0, "rowStride", rowStride, "must be positive");
    require(classStride > 0, "classStride", classStride, "must be positive");
    require(
        address != 0 && address % type.bytes() == 0,
        "address",
        address,
        "must be a multiple of %d bytes other than 0".formatted(type.bytes()));
  }

  /** Rows that follow each other without gaps. */
  public static DeviceView of(long address, ElementType type, long rows, int classes) {
    return new DeviceView(address, type, rows, classes, Math.max(1, classes), 1);
  }

  @Override
  public long outer() {
    return rows;
  }

  @Override
  public long inner() {
    return 1;
  }

  @Override
  public boolean isSameView(MatrixShape other) {
    return equals(other);
  }

  /** Returns whether no element stands where another does. */
  boolean isApart() {
    return rows <= 1
        || classes <= 1
        || rowStride > (classes - 1) * classStride
        || classStride > (rows - 1) * rowStride;
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
    return rows == 0 || classes == 0
        ? 0
        : ((rows - 1) * rowStride + (classes - 1) * classStride + 1) * type.bytes();
  }

  private static void require(boolean holds, String name, long value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException("%s is %d, %s".formatted(name, value, wanted));
    }
  }
}
