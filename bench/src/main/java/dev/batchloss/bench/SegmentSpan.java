package dev.batchloss.bench;

import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Span} over native memory of any element type. Elements are read eight bytes at a time and
 * added as integers: as fast as adding floats, and the same for every type.
 *
 * @param source the first matrix
 * @param target the second matrix
 * @param signs the sign bits of the elements in eight bytes; flipping them multiplies by −1
 */
record SegmentSpan(MemorySegment source, MemorySegment target, long signs) implements Span {
  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int BYTES = SPECIES.vectorByteSize();

  static SegmentSpan of(Matrix source, Matrix target) {
    long signs =
        switch (source.type()) {
          case FLOAT64 -> 0x8000000000000000L;
          case FLOAT32 -> 0x8000000080000000L;
          case FLOAT16, BFLOAT16 -> 0x8000800080008000L;
        };
    return new SegmentSpan(source.segment(), target.segment(), signs);
  }

  @Override
  public double sum(long from, long to) {
    return sum(source, from, to);
  }

  @Override
  public double plainSum(long from, long to) {
    long sum = 0;
    for (long i = from; i < to; i += Long.BYTES) {
      sum += source.get(ValueLayout.JAVA_LONG_UNALIGNED, i);
    }
    return sum;
  }

  @Override
  public void copy(long from, long to) {
    copy(source, target, from, to);
  }

  @Override
  public void negate(long from, long to) {
    negate(source, signs, from, to);
  }

  /** Four accumulators, so that a sum waits for the memory and not for the sum before it. */
  private static double sum(MemorySegment values, long from, long to) {
    LongVector a = LongVector.zero(SPECIES);
    LongVector b = a;
    LongVector c = a;
    LongVector d = a;
    // An int counts: loops over longs are not optimised as well.
    int length = (int) (to - from);
    for (int i = 0; i < length; i += 4 * BYTES) {
      a = a.add(LongVector.fromMemorySegment(SPECIES, values, from + i, ORDER));
      b = b.add(LongVector.fromMemorySegment(SPECIES, values, from + i + BYTES, ORDER));
      c = c.add(LongVector.fromMemorySegment(SPECIES, values, from + i + 2 * BYTES, ORDER));
      d = d.add(LongVector.fromMemorySegment(SPECIES, values, from + i + 3 * BYTES, ORDER));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  private static void copy(MemorySegment source, MemorySegment target, long from, long to) {
    int length = (int) (to - from);
    for (int i = 0; i < length; i += BYTES) {
      LongVector.fromMemorySegment(SPECIES, source, from + i, ORDER)
          .intoMemorySegment(target, from + i, ORDER);
    }
  }

  private static void negate(MemorySegment values, long signs, long from, long to) {
    int length = (int) (to - from);
    for (int i = 0; i < length; i += BYTES) {
      LongVector.fromMemorySegment(SPECIES, values, from + i, ORDER)
          .lanewise(VectorOperators.XOR, signs)
          .intoMemorySegment(values, from + i, ORDER);
    }
  }
}
