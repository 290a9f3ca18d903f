package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;
import static dev.batchloss.cpu.Lanes.FLOAT_STEP;

import dev.batchloss.data.Matrix;
import dev.batchloss.plan.RowStatistics;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Consecutive short rows of floats side by side as in a {@link Tile}, but with two neighbouring
 * classes of a row next to each other, so that transposing writes to half as many places. Finds
 * what the loss of class targets takes and nothing more, to the bits of {@link TileStatistics};
 * rows must follow each other without gaps. One a worker.
 */
final class PairTile {
  /**
   * More than a {@link Tile} has: the greatest element is then looked for in elements whose stores
   * are long done, and less of the time goes into beginning and ending loops.
   */
  static final int ROWS = 256;

  /** Pairs that are moved at once. */
  private static final int PAIRS = 5;

  /** Floats of a cache line. */
  private static final int LINE = ReadAhead.LINE / Float.BYTES;

  private static final ValueLayout.OfLong PAIR = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Elements from one pair of classes to the next. */
  private static final int PAIR_ROWS = 2 * ROWS;

  /** A double has that many fraction bits more than a float. */
  private static final int FRACTION_GAIN = 29;

  private static final double BIAS_GAIN = 0x1p896;

  private static final MethodHandle SWAPPED = VectorFunction.of(MethodHandles.lookup(), "swapped");

  private final Call call;
  private final int classes;
  private final double scale;
  private final Matrix matrix;
  private final Elements elements;

  /** Classes c and c + 1 of a row, c even, are at {@code c·ROWS + 2·lane}. */
  private final float[] pairs;

  /** The array behind the matrix, or the rows read from it. */
  private final float[] source;

  private final float[] maxima = new float[PAIR_ROWS];
  private final float[] sums = new float[PAIR_ROWS];

  /** Not private, so that the reads in {@link #touch} are not optimized away. */
  int touched;

  PairTile(Call call, double scale) {
    this.call = call;
    this.classes = call.classes;
    this.scale = scale;
    this.matrix = call.input;
    this.elements = new Elements(matrix, ROWS * classes);
    this.pairs = new float[(classes + 1) / 2 * PAIR_ROWS];
    float[] array = elements.floatArray();
    this.source = array == null ? new float[ROWS * classes] : array;
    // Where the last class has no partner, the place stays: neither a maximum nor an addend.
    Arrays.fill(pairs, Float.NEGATIVE_INFINITY);
  }

  /** Whether a call's rows can be reduced here. */
  static boolean takes(Call call) {
    return call.takesFloat()
        && call.classes <= Tile.CLASSES
        && Tile.isGapless(call.input)
        && !TileStatistics.needsOthers(call)
        && !call.needs.maximum();
  }

  /** Fills the sums and target columns, in which there is room for {@link Tile#lanes} of rows. */
  void reduce(RowStatistics rows, double[] shifts) {
    if (elements.floatArray() != null) {
      touched = touch(source, startOf(rows.firstRow), rows.size * classes);
    }
    for (int at = 0; at < rows.size; at += ROWS) {
      reduce(rows, at, Math.min(ROWS, rows.size - at), shifts);
    }
  }

  private void reduce(RowStatistics rows, int at, int n, double[] shifts) {
    int start = read(rows.firstRow + at, n);
    int lanes = 2 * Tile.lanes(n);
    findMaxima(pairs, lanes, maxima);
    sumExp(pairs, lanes, maxima, (float) scale, sums);
    widen(maxima, lanes, 0, shifts, at);
    widen(sums, lanes, Double.NaN, rows.sum, at);
    for (int i = at; i < at + n; i++) {
      rows.shift[i] = shifts[i] * scale;
    }
    if (call.needs.target()) {
      pickTargets(source, start, rows.target, at, n, rows.targetShifted);
      for (int i = at; i < at + n; i++) {
        rows.targetShifted[i] = (rows.targetShifted[i] - shifts[i]) * scale;
      }
    }
  }

  /** Arranges the rows; returns where they begin in {@link #source}. */
  private int read(long first, int n) {
    int from = 0;
    if (elements.floatArray() == null) {
      elements.read(matrix.rowOffset(first), n * classes, source, 0);
    } else {
      from = startOf(first);
    }
    arrange(source, from, n);
    return from;
  }

  /** Where a row begins in the array behind the matrix. */
  private int startOf(long row) {
    return elements.floatArrayOffset() + (int) matrix.rowOffset(row);
  }

  /**
   * Reads one element a cache line, so that the rows of a batch come from memory in one go, at the
   * speed of a sum. Arranging alone reads in spurts too short for the processor to read ahead.
   */
  private static int touch(float[] from, int start, int n) {
    int bits = 0;
    for (int i = start; i < start + n; i += LINE) {
      bits |= Float.floatToRawIntBits(from[i]);
    }
    return bits;
  }

  private void pickTargets(float[] from, int start, int[] targets, int at, int n, double[] picked) {
    int row = start;
    for (int i = at; i < at + n; i++) {
      picked[i] = from[row + targets[i]];
      row += classes;
    }
  }

  private void arrange(float[] from, int start, int n) {
    int pairsOfRow = classes / 2;
    int p = 0;
    while (PairTransposition.FITS && pairsOfRow - p >= PairTransposition.LEAST_PAIRS) {
      int k = Math.min(PairTransposition.PAIRS, pairsOfRow - p);
      int rows = PairTransposition.move(from, start + 2 * p, classes, n, k, pairs, p * PAIR_ROWS);
      moveRest(from, start, n, rows, p, p + k);
      p += k;
    }
    for (; p + PAIRS <= pairsOfRow; p += PAIRS) {
      moveFivePairs(from, start + 2 * p, classes, n, pairs, p * PAIR_ROWS);
    }
    moveRest(from, start, n, 0, p, pairsOfRow);
    if (classes % 2 != 0) {
      moveSingles(from, start + classes - 1, classes, n, pairs, pairsOfRow * PAIR_ROWS);
    }
  }

  /** The rows from {@code row} on of some pairs. */
  private void moveRest(float[] from, int start, int n, int row, int firstPair, int endPair) {
    int i = start + row * classes;
    for (int p = firstPair; p < endPair; p++) {
      movePairs(from, i + 2 * p, classes, n - row, pairs, p * PAIR_ROWS + 2 * row);
    }
  }

  /**
   * A pair at a time, as the 64 bits it is. The segments are made here, so that C2 knows their
   * kind; vectors of two floats were as fast in some JVMs and half as fast in others.
   */
  static void movePairs(float[] from, int start, int distance, int n, float[] to, int at) {
    MemorySegment source = MemorySegment.ofArray(from);
    MemorySegment target = MemorySegment.ofArray(to);
    long position = (long) start * Float.BYTES;
    long step = (long) distance * Float.BYTES;
    long place = (long) at * Float.BYTES;
    for (int lane = 0; lane < n; lane++) {
      target.set(PAIR, place + (long) lane * Long.BYTES, source.get(PAIR, position));
      position += step;
    }
  }

  private static void moveFivePairs(
      float[] from, int start, int distance, int n, float[] to, int at) {
    MemorySegment source = MemorySegment.ofArray(from);
    MemorySegment target = MemorySegment.ofArray(to);
    long position = (long) start * Float.BYTES;
    long step = (long) distance * Float.BYTES;
    long place = (long) at * Float.BYTES;
    long next = (long) PAIR_ROWS * Float.BYTES;
    for (int lane = 0; lane < n; lane++) {
      long first = source.get(PAIR, position);
      long second = source.get(PAIR, position + Long.BYTES);
      long third = source.get(PAIR, position + 2 * Long.BYTES);
      long fourth = source.get(PAIR, position + 3 * Long.BYTES);
      long fifth = source.get(PAIR, position + 4 * Long.BYTES);
      target.set(PAIR, place, first);
      target.set(PAIR, place + next, second);
      target.set(PAIR, place + 2 * next, third);
      target.set(PAIR, place + 3 * next, fourth);
      target.set(PAIR, place + 4 * next, fifth);
      position += step;
      place += Long.BYTES;
    }
  }

  private static void moveSingles(
      float[] from, int start, int distance, int n, float[] to, int at) {
    int position = start;
    for (int lane = 0; lane < n; lane++) {
      to[at + 2 * lane] = from[position];
      position += distance;
    }
  }

  /** The greatest of each row, NaN left out, in both of its lanes. */
  static void findMaxima(float[] x, int lanes, float[] maxima) {
    try {
      for (int part = 0; part < lanes; part += FLOAT_STEP) {
        FloatVector most = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
        for (int i = part; i < x.length; i += PAIR_ROWS) {
          FloatVector next = FloatVector.fromArray(FLOAT, x, i);
          most = most.blend(next, next.compare(VectorOperators.GT, most));
        }
        FloatVector other = (FloatVector) SWAPPED.invokeExact(most);
        most.blend(other, other.compare(VectorOperators.GT, most)).intoArray(maxima, part);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /**
   * Σ e^((x − maximum)·scale), the even and the odd classes each in order, in both lanes; NaN where
   * the maximum is infinite, as ∞ − ∞ is.
   */
  static void sumExp(float[] x, int lanes, float[] maxima, float scale, float[] sums) {
    try {
      int stride = Lanes.pairStride;
      FloatVector factors = FloatMath.ONE.mul(FloatMath.exp2Factor(scale));
      for (int part = 0; part < lanes; part += FLOAT_STEP) {
        FloatVector shifts = FloatVector.fromArray(FLOAT, maxima, part);
        FloatVector total = FloatVector.zero(FLOAT);
        for (int i = part; i < x.length; i += stride) {
          FloatVector distance = FloatVector.fromArray(FLOAT, x, i).sub(shifts);
          total = total.add((FloatVector) FloatMath.EXP2.invokeExact(distance, factors));
        }
        total.add((FloatVector) SWAPPED.invokeExact(total)).intoArray(sums, part);
      }
    } catch (Throwable thrown) {
      throw VectorFunction.rethrown(thrown);
    }
  }

  /** A 64-bit rotation by half swaps the two lanes of a row without a shuffle. */
  static FloatVector swapped(FloatVector v) {
    LongVector both = v.reinterpretAsLongs();
    return both.lanewise(VectorOperators.ROL, Integer.SIZE).reinterpretAsFloats();
  }

  /**
   * The even lanes as doubles, {@code instead} where they are infinite or NaN. Without a shuffle:
   * the bits moved to where a double has them, times the power of two between the two biases.
   */
  static void widen(float[] pairs, int lanes, double instead, double[] to, int at) {
    for (int part = 0; part < lanes; part += FLOAT_STEP) {
      LongVector bits = FloatVector.fromArray(FLOAT, pairs, part).reinterpretAsLongs();
      DoubleVector magnitude =
          bits.and(Integer.MAX_VALUE)
              .lanewise(VectorOperators.LSHL, FRACTION_GAIN)
              .reinterpretAsDoubles()
              .mul(BIAS_GAIN);
      LongVector sign = bits.lanewise(VectorOperators.LSHL, Integer.SIZE).and(Long.MIN_VALUE);
      magnitude
          .reinterpretAsLongs()
          .or(sign)
          .reinterpretAsDoubles()
          .blend(instead, magnitude.compare(VectorOperators.GT, Float.MAX_VALUE))
          .intoArray(to, at + part / 2);
    }
  }
}
