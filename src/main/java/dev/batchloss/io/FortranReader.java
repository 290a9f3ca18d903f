package dev.batchloss.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Reads a hyper-rectangle of a Fortran-order file into C order: in tiles that fit a staging buffer,
 * each as long along the first axis (the file's fastest) and as wide along the last (memory's
 * fastest) as it can be, transposed in blocks of a few cache lines.
 */
final class FortranReader {
  private static final int LEAST_WIDTH = 128;
  private static final int BLOCK = 16;

  private final NpyHeader header;
  private final FileBytes bytes;
  private final RegionReader reader;
  private final int width;

  FortranReader(NpyHeader header, FileBytes bytes, RegionReader reader) {
    this.header = header;
    this.bytes = bytes;
    this.reader = reader;
    this.width = header.type().bytes();
  }

  /** Fills the start of {@code into}, which has room; there are at least two axes. */
  void read(long[] from, long[] count, MemorySegment into) throws IOException {
    for (long length : count) {
      if (length == 0) {
        return;
      }
    }
    long[] tile = tileOf(count);
    long[] intoStrides = strides(count);
    long[] start = new long[count.length];
    MemorySegment buffer = bytes.staging().take();
    try {
      do {
        long[] size = new long[count.length];
        long[] tileFrom = new long[count.length];
        long firstInto = 0;
        for (int axis = 0; axis < count.length; axis++) {
          size[axis] = Math.min(tile[axis], count[axis] - start[axis]);
          tileFrom[axis] = from[axis] + start[axis];
          firstInto += start[axis] * intoStrides[axis];
        }
        Region region = Region.of(header.shapeInFileOrder(), reversed(tileFrom), reversed(size));
        reader.read(region, buffer);
        transpose(buffer, size, into, firstInto, intoStrides);
      } while (advance(start, tile, count));
    } finally {
      bytes.staging().giveBack(buffer);
    }
  }

  private long[] tileOf(long[] count) {
    int last = count.length - 1;
    long room = StagingBuffers.BYTES / width;
    long[] tile = new long[count.length];
    tile[0] = Math.min(count[0], room / Math.min(LEAST_WIDTH, count[last]));
    room /= tile[0];
    tile[last] = Math.min(count[last], room);
    room /= tile[last];
    for (int axis = 1; axis < last; axis++) {
      tile[axis] = Math.min(count[axis], room);
      room /= tile[axis];
    }
    return tile;
  }

  /** Steps to the next tile, the first axis fastest, as the file has it; false after the last. */
  private static boolean advance(long[] start, long[] step, long[] end) {
    for (int axis = 0; axis < start.length; axis++) {
      start[axis] += step[axis];
      if (start[axis] < end[axis]) {
        return true;
      }
      start[axis] = 0;
    }
    return false;
  }

  private void transpose(
      MemorySegment tile, long[] size, MemorySegment into, long firstInto, long[] intoStrides) {
    int last = size.length - 1;
    long[] tileStrides = reversed(strides(reversed(size)));
    long[] outer = new long[size.length];
    long[] outerSize = size.clone();
    outerSize[0] = 1;
    outerSize[last] = 1;
    long[] ones = new long[size.length];
    Arrays.fill(ones, 1);
    do {
      long fromTile = 0;
      long toInto = firstInto;
      for (int axis = 1; axis < last; axis++) {
        fromTile += outer[axis] * tileStrides[axis];
        toInto += outer[axis] * intoStrides[axis];
      }
      new Plane(tile, fromTile, tileStrides[last], into, toInto, intoStrides[0])
          .copy(width, size[0], size[last]);
    } while (advance(outer, ones, outerSize));
  }

  private static long[] strides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return strides;
  }

  private static long[] reversed(long[] values) {
    long[] reversed = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      reversed[i] = values[values.length - 1 - i];
    }
    return reversed;
  }

  /** Rows that are neighbours in {@code from} and columns that are neighbours in {@code to}. */
  private record Plane(
      MemorySegment from,
      long fromFirst,
      long columnStride,
      MemorySegment to,
      long toFirst,
      long rowStride) {

    void copy(int width, long rows, long columns) {
      for (long row = 0; row < rows; row += BLOCK) {
        int blockRows = (int) Math.min(BLOCK, rows - row);
        for (long column = 0; column < columns; column += BLOCK) {
          int blockColumns = (int) Math.min(BLOCK, columns - column);
          long source = fromFirst + row + column * columnStride;
          long target = toFirst + row * rowStride + column;
          // One loop for each width: a choice within the loop makes it several times slower.
          switch (width) {
            case 1 -> copyBytes(source, target, blockRows, blockColumns);
            case 2 -> copyShorts(source, target, blockRows, blockColumns);
            case 4 -> copyInts(source, target, blockRows, blockColumns);
            default -> copyLongs(source, target, blockRows, blockColumns);
          }
        }
      }
    }

    private void copyBytes(long source, long target, int rows, int columns) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          to.set(
              ValueLayout.JAVA_BYTE,
              target + r * rowStride + c,
              from.get(ValueLayout.JAVA_BYTE, source + r + c * columnStride));
        }
      }
    }

    private void copyShorts(long source, long target, int rows, int columns) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          to.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              (target + r * rowStride + c) * 2,
              from.get(ValueLayout.JAVA_SHORT_UNALIGNED, (source + r + c * columnStride) * 2));
        }
      }
    }

    private void copyInts(long source, long target, int rows, int columns) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          to.set(
              ValueLayout.JAVA_INT_UNALIGNED,
              (target + r * rowStride + c) * 4,
              from.get(ValueLayout.JAVA_INT_UNALIGNED, (source + r + c * columnStride) * 4));
        }
      }
    }

    private void copyLongs(long source, long target, int rows, int columns) {
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          to.set(
              ValueLayout.JAVA_LONG_UNALIGNED,
              (target + r * rowStride + c) * 8,
              from.get(ValueLayout.JAVA_LONG_UNALIGNED, (source + r + c * columnStride) * 8));
        }
      }
    }
  }
}
