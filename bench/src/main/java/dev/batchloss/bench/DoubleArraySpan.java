package dev.batchloss.bench;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Span} over arrays of doubles. */
record DoubleArraySpan(double[] source, double[] target) implements Span {
  private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  @Override
  public double sum(long from, long to) {
    return sum(source, (int) (from / Double.BYTES), (int) (to / Double.BYTES));
  }

  @Override
  public double plainSum(long from, long to) {
    double sum = 0;
    int end = (int) (to / Double.BYTES);
    for (int i = (int) (from / Double.BYTES); i < end; i++) {
      sum += source[i];
    }
    return sum;
  }

  @Override
  public void copy(long from, long to) {
    copy(source, target, (int) (from / Double.BYTES), (int) (to / Double.BYTES));
  }

  @Override
  public void negate(long from, long to) {
    negate(source, (int) (from / Double.BYTES), (int) (to / Double.BYTES));
  }

  /** Four accumulators, so that a sum waits for the memory and not for the sum before it. */
  private static double sum(double[] values, int from, int to) {
    DoubleVector a = DoubleVector.zero(SPECIES);
    DoubleVector b = a;
    DoubleVector c = a;
    DoubleVector d = a;
    for (int i = from; i < to; i += 4 * LANES) {
      a = a.add(DoubleVector.fromArray(SPECIES, values, i));
      b = b.add(DoubleVector.fromArray(SPECIES, values, i + LANES));
      c = c.add(DoubleVector.fromArray(SPECIES, values, i + 2 * LANES));
      d = d.add(DoubleVector.fromArray(SPECIES, values, i + 3 * LANES));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private static void copy(double[] source, double[] target, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      DoubleVector.fromArray(SPECIES, source, i).intoArray(target, i);
    }
  }

  private static void negate(double[] values, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      DoubleVector.fromArray(SPECIES, values, i).neg().intoArray(values, i);
    }
  }
}
