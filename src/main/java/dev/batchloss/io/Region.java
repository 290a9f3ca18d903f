package dev.batchloss.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A hyper-rectangle of an array that lies without gaps in a file, as the fewest runs of elements
 * that follow each other in the file. Axes are given from the slowest to the fastest in the file.
 */
final class Region {
  /** One axis the runs are spread over. */
  private record Axis(long count, long stride) {}

  private final long firstElement;
  private final long runLength;
  private final long runs;
  private final List<Axis> outerFastestFirst;

  private Region(long firstElement, long runLength, long runs, List<Axis> outerFastestFirst) {
    this.firstElement = firstElement;
    this.runLength = runLength;
    this.runs = runs;
    this.outerFastestFirst = outerFastestFirst;
  }

  /** Cuts {@code [from, from + count)} out of an array of {@code shape}; bounds are not checked. */
  static Region of(long[] shape, long[] from, long[] count) {
    long first = 0;
    long stride = 1;
    long elements = 1;
    List<Axis> axes = new ArrayList<>(List.of(new Axis(1, 1)));
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      first += from[axis] * stride;
      elements *= count[axis];
      Axis faster = axes.getLast();
      if (faster.count * faster.stride == stride) {
        axes.set(axes.size() - 1, new Axis(faster.count * count[axis], faster.stride));
      } else if (count[axis] != 1) {
        axes.add(new Axis(count[axis], stride));
      }
      stride *= shape[axis];
    }
    long runLength = axes.getFirst().count;
    long runs = elements == 0 ? 0 : elements / runLength;
    return new Region(first, runLength, runs, axes.subList(1, axes.size()));
  }

  /**
   * Checks that {@code [from, from + count)} lies in an array of {@code shape}.
   *
   * @throws IllegalArgumentException if not; the message names the axis
   */
  static void requireInside(long[] from, long[] count, List<Long> shape) {
    if (from.length != shape.size() || count.length != shape.size()) {
      throw new IllegalArgumentException(
          "from has %d axes and count %d, the array has %d"
              .formatted(from.length, count.length, shape.size()));
    }
    for (int axis = 0; axis < from.length; axis++) {
      long length = shape.get(axis);
      if (from[axis] < 0 || count[axis] < 0 || from[axis] > length - count[axis]) {
        throw new IllegalArgumentException(
            "axis %d: %d elements from %d on do not lie in 0..%d"
                .formatted(axis, count[axis], from[axis], length));
      }
    }
  }

  /** Returns the number of elements in each run. */
  long runLength() {
    return runLength;
  }

  /** Returns the number of runs. */
  long runs() {
    return runs;
  }

  /** Hands over the number of the first element of each run, in increasing order. */
  void forEachRun(RunAction action) throws IOException {
    long[] index = new long[outerFastestFirst.size()];
    long element = firstElement;
    for (long run = 0; run < runs; run++) {
      action.accept(element);
      for (int axis = 0; axis < index.length; axis++) {
        Axis outer = outerFastestFirst.get(axis);
        element += outer.stride;
        if (++index[axis] < outer.count) {
          break;
        }
        element -= outer.count * outer.stride;
        index[axis] = 0;
      }
    }
  }

  /** What to do with a run. */
  interface RunAction {
    void accept(long firstElement) throws IOException;
  }
}
