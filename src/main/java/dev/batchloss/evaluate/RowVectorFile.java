package dev.batchloss.evaluate;

import dev.batchloss.io.NumericFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A file with one number a row: its axes are those of the predictions without the class axis, which
 * may also be there with a length of 1, in its place or at the end.
 */
final class RowVectorFile {
  /** Stands for an axis of length 1 that the rows do not have. */
  private static final int SINGLE = -1;

  private final NumericFile file;
  private final List<Integer> axes;

  /**
   * Takes over nothing: the file is closed by whoever opened it.
   *
   * @param axes for each axis of the file the axis of the predictions, or {@link #SINGLE}
   */
  private RowVectorFile(NumericFile file, List<Integer> axes) {
    this.file = file;
    this.axes = axes;
  }

  /** Returns the file as one number a row, or nothing if it has another shape. */
  static Optional<RowVectorFile> match(NumericFile file, long[] shape, int classAxis) {
    List<Integer> plain = without(shape, classAxis);
    List<Integer> trailing = Stream.concat(plain.stream(), Stream.of(SINGLE)).toList();
    return Stream.of(plain, inPlaceOf(shape, classAxis), trailing)
        .filter(axes -> lengths(axes, shape).equals(file.shape()))
        .findFirst()
        .map(axes -> new RowVectorFile(file, axes));
  }

  /** Returns the shape that such a file usually has. */
  static List<Long> shape(long[] shape, int classAxis) {
    return lengths(without(shape, classAxis), shape);
  }

  NumericFile file() {
    return file;
  }

  /** Reads the numbers of the block's rows to the start of {@code into}, in the order of rows. */
  void read(RowBlock block, MemorySegment into) throws IOException {
    file.read(project(block.from(), 0), project(block.count(), 1), into);
  }

  private long[] project(long[] values, long single) {
    return axes.stream().mapToLong(axis -> axis == SINGLE ? single : values[axis]).toArray();
  }

  private static List<Long> lengths(List<Integer> axes, long[] shape) {
    return axes.stream().map(axis -> axis == SINGLE ? 1L : shape[axis]).toList();
  }

  private static List<Integer> without(long[] shape, int classAxis) {
    return IntStream.range(0, shape.length).filter(axis -> axis != classAxis).boxed().toList();
  }

  private static List<Integer> inPlaceOf(long[] shape, int classAxis) {
    return IntStream.range(0, shape.length)
        .mapToObj(axis -> axis == classAxis ? SINGLE : axis)
        .toList();
  }
}
