package dev.batchloss.cpu;

import static dev.batchloss.cpu.Lanes.FLOAT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Pairs of classes of eight rows laid side by side in registers, eight pairs at once: three times
 * halves of two vectors change places, of four pairs, of two and of one. Only for vectors of 512
 * bits, in which a pair has an eighth.
 */
final class PairTransposition {
  /** The rows, and the most pairs of each. */
  static final int PAIRS = 8;

  /** Floats of a vector. */
  static final int FLOATS = 2 * PAIRS;

  /** With fewer pairs than these, moving them one by one is no slower. */
  static final int LEAST_PAIRS = 3;

  static final boolean FITS = Lanes.FLOAT_STEP == FLOATS;

  private static final int PAIR_ROWS = 2 * PairTile.ROWS;
  private static final VectorSpecies<Long> LONG = VectorSpecies.of(long.class, Lanes.SHAPE);

  /** Which pairs of two vectors the first of a new two has, those of the second being 8 to 15. */
  private static final LongVector FIRST_FOURS = pairs(0, 1, 2, 3, 8, 9, 10, 11);

  private static final LongVector SECOND_FOURS = pairs(4, 5, 6, 7, 12, 13, 14, 15);
  private static final LongVector FIRST_TWOS = pairs(0, 1, 8, 9, 4, 5, 12, 13);
  private static final LongVector SECOND_TWOS = pairs(2, 3, 10, 11, 6, 7, 14, 15);
  private static final LongVector FIRST_ONES = pairs(0, 8, 2, 10, 4, 12, 6, 14);
  private static final LongVector SECOND_ONES = pairs(1, 9, 3, 11, 5, 13, 7, 15);

  private PairTransposition() {}

  private static LongVector pairs(long... indices) {
    return FITS ? LongVector.fromArray(LONG, indices, 0) : LongVector.zero(LONG);
  }

  /**
   * Moves {@code k} pairs, at least {@value #LEAST_PAIRS}, of each of {@code n} rows that are
   * {@code distance} apart, to where a {@link PairTile} has them; returns how many rows. Of the
   * others fewer than {@value #PAIRS} are left, or the array ends sooner than a vector of the last.
   */
  static int move(float[] from, int start, int distance, int n, int k, float[] to, int at) {
    int readable = Math.floorDiv(from.length - start - FLOATS, distance) + 1;
    int rows = Math.clamp(readable, 0, n) / PAIRS * PAIRS;
    for (int row = 0; row < rows; row += PAIRS) {
      int i = start + row * distance;
      LongVector a0 = FloatVector.fromArray(FLOAT, from, i).reinterpretAsLongs();
      LongVector a1 = FloatVector.fromArray(FLOAT, from, i + distance).reinterpretAsLongs();
      LongVector a2 = FloatVector.fromArray(FLOAT, from, i + 2 * distance).reinterpretAsLongs();
      LongVector a3 = FloatVector.fromArray(FLOAT, from, i + 3 * distance).reinterpretAsLongs();
      LongVector a4 = FloatVector.fromArray(FLOAT, from, i + 4 * distance).reinterpretAsLongs();
      LongVector a5 = FloatVector.fromArray(FLOAT, from, i + 5 * distance).reinterpretAsLongs();
      LongVector a6 = FloatVector.fromArray(FLOAT, from, i + 6 * distance).reinterpretAsLongs();
      LongVector a7 = FloatVector.fromArray(FLOAT, from, i + 7 * distance).reinterpretAsLongs();
      LongVector b0 = FIRST_FOURS.selectFrom(a0, a4);
      LongVector b1 = FIRST_FOURS.selectFrom(a1, a5);
      LongVector b2 = FIRST_FOURS.selectFrom(a2, a6);
      LongVector b3 = FIRST_FOURS.selectFrom(a3, a7);
      LongVector c0 = FIRST_TWOS.selectFrom(b0, b2);
      LongVector c1 = FIRST_TWOS.selectFrom(b1, b3);
      LongVector c2 = SECOND_TWOS.selectFrom(b0, b2);
      LongVector c3 = SECOND_TWOS.selectFrom(b1, b3);
      int place = at + 2 * row;
      FIRST_ONES.selectFrom(c0, c1).reinterpretAsFloats().intoArray(to, place);
      SECOND_ONES.selectFrom(c0, c1).reinterpretAsFloats().intoArray(to, place + PAIR_ROWS);
      FIRST_ONES.selectFrom(c2, c3).reinterpretAsFloats().intoArray(to, place + 2 * PAIR_ROWS);
      if (k > 3) {
        SECOND_ONES.selectFrom(c2, c3).reinterpretAsFloats().intoArray(to, place + 3 * PAIR_ROWS);
      }
      if (k > 4) {
        LongVector b4 = SECOND_FOURS.selectFrom(a0, a4);
        LongVector b5 = SECOND_FOURS.selectFrom(a1, a5);
        LongVector b6 = SECOND_FOURS.selectFrom(a2, a6);
        LongVector b7 = SECOND_FOURS.selectFrom(a3, a7);
        LongVector c4 = FIRST_TWOS.selectFrom(b4, b6);
        LongVector c5 = FIRST_TWOS.selectFrom(b5, b7);
        LongVector c6 = SECOND_TWOS.selectFrom(b4, b6);
        LongVector c7 = SECOND_TWOS.selectFrom(b5, b7);
        FIRST_ONES.selectFrom(c4, c5).reinterpretAsFloats().intoArray(to, place + 4 * PAIR_ROWS);
        if (k > 5) {
          SECOND_ONES.selectFrom(c4, c5).reinterpretAsFloats().intoArray(to, place + 5 * PAIR_ROWS);
        }
        if (k > 6) {
          FIRST_ONES.selectFrom(c6, c7).reinterpretAsFloats().intoArray(to, place + 6 * PAIR_ROWS);
        }
        if (k > 7) {
          SECOND_ONES.selectFrom(c6, c7).reinterpretAsFloats().intoArray(to, place + 7 * PAIR_ROWS);
        }
      }
    }
    return rows;
  }
}
