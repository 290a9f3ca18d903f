package dev.batchloss.evaluate;

import java.util.stream.IntStream;

/**
 * Cuts the rows of an array into blocks. Rows are in the flattened order of the axes other than the
 * class axis. One axis is cut into pieces; of the axes before it a block has one index each, of
 * those after it all: so the rows of a block follow each other and are a hyper-rectangle at once.
 */
final class RowBlocks {
  private final long[] shape;
  private final int classAxis;
  private final long rows;
  private final int cutAxis;
  private final long rowsPerIndex;
  private final long pieces;
  private final long blocks;

  /**
   * Plans the blocks.
   *
   * @param shape the length of each axis
   * @param classAxis the axis of the classes
   * @param mostRows how many rows a block may have; where the classes stand before other axes, two
   *     are allowed in any case
   */
  RowBlocks(long[] shape, int classAxis, long mostRows) {
    this.shape = shape.clone();
    this.classAxis = classAxis;
    this.rows = product(0, shape.length);
    int axis = -1;
    long after = 1;
    long perIndex = 1;
    for (int a = shape.length - 1; a >= 0 && rows > 0 && after <= mostRows; a--) {
      if (a != classAxis) {
        axis = a;
        perIndex = after;
        after *= shape[a];
      }
    }
    this.cutAxis = axis;
    this.rowsPerIndex = perIndex;
    this.pieces = axis < 0 ? 1 : pieces(shape[axis], Math.max(1, mostRows / perIndex));
    this.blocks = axis < 0 ? 1 : pieces * product(0, axis);
  }

  /** Returns the number of blocks: at least one, which is empty if there are no rows. */
  long size() {
    return blocks;
  }

  /** Returns the number of rows. */
  long rows() {
    return rows;
  }

  /** Returns the number of rows in the longest block. */
  long mostRows() {
    return cutAxis < 0 ? rows : Math.ceilDiv(shape[cutAxis], pieces) * rowsPerIndex;
  }

  /** Returns the block of this number, counted from 0 in the order of the rows. */
  RowBlock get(long number) {
    long[] from = new long[shape.length];
    long[] count = shape.clone();
    if (cutAxis < 0) {
      return new RowBlock(0, rows, from, count);
    }
    long piece = number % pieces;
    long prefix = number / pieces;
    long begin = start(piece);
    from[cutAxis] = begin;
    count[cutAxis] = start(piece + 1) - begin;
    long firstRow = (prefix * shape[cutAxis] + begin) * rowsPerIndex;
    for (int axis = cutAxis - 1; axis >= 0; axis--) {
      if (axis != classAxis) {
        from[axis] = prefix % shape[axis];
        count[axis] = 1;
        prefix /= shape[axis];
      }
    }
    return new RowBlock(firstRow, count[cutAxis] * rowsPerIndex, from, count);
  }

  /**
   * How many nearly equal pieces the cut axis has. A block with a single index behind the class
   * axis would have its classes side by side, a layout that may be summed in another order than the
   * layout of the array: so there are two, if the array has them.
   */
  private long pieces(long length, long step) {
    boolean mayEndBehindClasses = cutAxis > classAxis && rowsPerIndex == 1;
    long fewest = Math.ceilDiv(length, step);
    return mayEndBehindClasses ? Math.clamp(length / 2, 1, fewest) : fewest;
  }

  /** Where a piece of the cut axis starts; the first pieces are longer by one than the last. */
  private long start(long piece) {
    long length = shape[cutAxis];
    return piece * (length / pieces) + Math.min(piece, length % pieces);
  }

  /** The product of the axes from {@code begin} to {@code end} but for the class axis. */
  private long product(int begin, int end) {
    return IntStream.range(begin, end)
        .filter(axis -> axis != classAxis)
        .mapToLong(axis -> shape[axis])
        .reduce(1, (a, b) -> a * b);
  }
}
