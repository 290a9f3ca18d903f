package dev.batchloss.bench;

import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Span} over arrays of 16-bit floating-point numbers, added as integers: the reading is what
 * counts.
 */
record ShortArraySpan(short[] source, short[] target) implements Span {
  private static final VectorSpecies<Short> SPECIES = ShortVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final short SIGN = Short.MIN_VALUE;

  @Override
  public double sum(long from, long to) {
    return sum(source, (int) (from / Short.BYTES), (int) (to / Short.BYTES));
  }

  @Override
  public double plainSum(long from, long to) {
    long sum = 0;
    int end = (int) (to / Short.BYTES);
    for (int i = (int) (from / Short.BYTES); i < end; i++) {
      sum += source[i];
    }
    return sum;
  }

  @Override
  public void copy(long from, long to) {
    copy(source, target, (int) (from / Short.BYTES), (int) (to / Short.BYTES));
  }

  @Override
  public void negate(long from, long to) {
    negate(source, (int) (from / Short.BYTES), (int) (to / Short.BYTES));
  }

  /** Four accumulators, so that a sum waits for the memory and not for the sum before it. */
  private static double sum(short[] values, int from, int to) {
    ShortVector a = ShortVector.zero(SPECIES);
    ShortVector b = a;
    ShortVector c = a;
    ShortVector d = a;
    for (int i = from; i < to; i += 4 * LANES) {
      a = a.add(ShortVector.fromArray(SPECIES, values, i));
      b = b.add(ShortVector.fromArray(SPECIES, values, i + LANES));
      c = c.add(ShortVector.fromArray(SPECIES, values, i + 2 * LANES));
      d = d.add(ShortVector.fromArray(SPECIES, values, i + 3 * LANES));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private static void copy(short[] source, short[] target, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      ShortVector.fromArray(SPECIES, source, i).intoArray(target, i);
    }
  }

  private static void negate(short[] values, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      ShortVector.fromArray(SPECIES, values, i)
          .lanewise(VectorOperators.XOR, SIGN)
          .intoArray(values, i);
    }
  }
}
