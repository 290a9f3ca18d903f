package dev.batchloss.opencl;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowLayout;

/**
 * Which kernels reduce the rows of a call, and in which shape. The order of additions follows from
 * the family, the layout, the class count and the arithmetic; whether rows are split or kept in
 * local memory changes no bit.
 *
 * @param walk how items and rows meet
 * @param lanes the length of a vector
 * @param block the vectors of a block along a row, or the classes of a block across rows
 * @param group the items of a work-group
 * @param localBytes local memory for a kept row or a tile; 0 for none
 */
record RowVariant(Walk walk, int lanes, int block, int group, long localBytes) {

  /** How items and rows meet. */
  enum Walk {
    /** A group walks along a row. */
    ALONG,
    /** A group walks along a segment of a row, and the segments are combined. */
    SEGMENTS,
    /** An item walks along rows that lie side by side, a lane each. */
    ACROSS,
    /** The same for short contiguous rows, through a tile in local memory. */
    TILES
  }

  /** Classes of a segment; the kernels have the same number. */
  static final int SEGMENT = 1 << 16;

  /** Rows at most this long are reduced side by side on a GPU. */
  static final int SHORT_ROW_OF_GPU = 64;

  /** Rows at most this long are reduced side by side on a CPU device. */
  static final int SHORT_ROW_OF_CPU = 15;

  private static final int LEAST_GROUP = 32;
  private static final int GREATEST_GROUP = 256;

  /** Rows for each compute unit below which a device is not kept busy by whole rows. */
  private static final int ROWS_PER_UNIT = 2;

  /** A group should leave room for another one. */
  private static final int SHARE_OF_LOCAL_MEMORY = 2;

  /** Numbers that an item of a group keeps in local memory: at most so many have the Totals. */
  static final int NUMBERS_PER_ITEM = 22;

  /** What a variant is chosen for. */
  record Call(
      RowLayout layout,
      long rows,
      int classes,
      ElementType arithmetic,
      boolean canSplit,
      boolean canKeep) {}

  /** Chooses; a function of its arguments alone. */
  static RowVariant choose(KernelFamily family, DeviceDescription device, Call call) {
    return switch (family) {
      case CPU -> forCpu(device, call);
      case GPU -> forGpu(device, call);
    };
  }

  /** Returns how many work-items, or groups along rows, the rows take. */
  long groupsFor(long rows) {
    return walk == Walk.ALONG || walk == Walk.SEGMENTS
        ? rows
        : Math.ceilDiv(rows, (long) group * lanes);
  }

  private static RowVariant forCpu(DeviceDescription device, Call call) {
    KernelFamily family = KernelFamily.CPU;
    if (call.layout == RowLayout.ACROSS || call.classes <= SHORT_ROW_OF_CPU) {
      return new RowVariant(Walk.ACROSS, family.lanes(), family.acrossBlock(), 1, 0);
    }
    Walk walk = splits(device, call) ? Walk.SEGMENTS : Walk.ALONG;
    return new RowVariant(walk, family.lanes(), family.alongBlock(), 1, 0);
  }

  private static RowVariant forGpu(DeviceDescription device, Call call) {
    KernelFamily family = KernelFamily.GPU;
    if (call.layout == RowLayout.ACROSS) {
      return new RowVariant(Walk.ACROSS, 1, family.acrossBlock(), 64, 0);
    }
    long budget = device.localMemory() / SHARE_OF_LOCAL_MEMORY;
    if (call.classes <= SHORT_ROW_OF_GPU) {
      int group = LEAST_GROUP;
      long tile = (long) group * (call.classes | 1) * call.arithmetic.bytes();
      return tile <= budget
          ? new RowVariant(Walk.TILES, 1, family.acrossBlock(), group, tile)
          : new RowVariant(Walk.ACROSS, 1, family.acrossBlock(), group, 0);
    }
    int items = Math.ceilDiv(call.classes, family.lanes() * family.alongBlock());
    long bytesPerItem = (long) NUMBERS_PER_ITEM * call.arithmetic.bytes();
    // What the Totals of this call take is of no account: the group decides on the bits.
    long mostItems = Math.min(device.maxWorkGroup(), device.localMemory() / bytesPerItem);
    int group =
        (int)
            Math.min(
                Math.clamp(Integer.highestOneBit(items), LEAST_GROUP, GREATEST_GROUP),
                Long.highestOneBit(mostItems));
    if (splits(device, call)) {
      return new RowVariant(Walk.SEGMENTS, family.lanes(), family.alongBlock(), group, 0);
    }
    long row =
        Math.ceilDiv((long) call.classes, family.lanes())
            * family.lanes()
            * call.arithmetic.bytes();
    return new RowVariant(
        Walk.ALONG,
        family.lanes(),
        family.alongBlock(),
        group,
        call.canKeep && row <= Math.min(budget, device.localMemory() - group * bytesPerItem)
            ? row
            : 0);
  }

  private static boolean splits(DeviceDescription device, Call call) {
    return call.canSplit
        && call.classes > SEGMENT
        && call.rows < (long) ROWS_PER_UNIT * Math.max(1, device.computeUnits());
  }
}
