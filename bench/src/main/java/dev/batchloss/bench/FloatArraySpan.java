package dev.batchloss.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Span} over arrays of floats. */
record FloatArraySpan(float[] source, float[] target) implements Span {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  @Override
  public double sum(long from, long to) {
    return sum(source, (int) (from / Float.BYTES), (int) (to / Float.BYTES));
  }

  @Override
  public double plainSum(long from, long to) {
    float sum = 0;
    int end = (int) (to / Float.BYTES);
    for (int i = (int) (from / Float.BYTES); i < end; i++) {
      sum += source[i];
    }
    return sum;
  }

  @Override
  public void copy(long from, long to) {
    copy(source, target, (int) (from / Float.BYTES), (int) (to / Float.BYTES));
  }

  @Override
  public void negate(long from, long to) {
    negate(source, (int) (from / Float.BYTES), (int) (to / Float.BYTES));
  }

  /** Four accumulators, so that a sum waits for the memory and not for the sum before it. */
  private static double sum(float[] values, int from, int to) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = from; i < to; i += 4 * LANES) {
      a = a.add(FloatVector.fromArray(SPECIES, values, i));
      b = b.add(FloatVector.fromArray(SPECIES, values, i + LANES));
      c = c.add(FloatVector.fromArray(SPECIES, values, i + 2 * LANES));
      d = d.add(FloatVector.fromArray(SPECIES, values, i + 3 * LANES));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private static void copy(float[] source, float[] target, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      FloatVector.fromArray(SPECIES, source, i).intoArray(target, i);
    }
  }

  private static void negate(float[] values, int from, int to) {
    for (int i = from; i < to; i += LANES) {
      FloatVector.fromArray(SPECIES, values, i).neg().intoArray(values, i);
    }
  }
}
