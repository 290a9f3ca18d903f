package dev.batchloss.plan;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A sum of doubles without any rounding, rounded once when it is read: the same bits for every
 * order, split and merge of the same addends. This is the small superaccumulator of Neal ("Fast
 * exact summation using small and large superaccumulators", 2015): the number is held as Σ
 * chunk[i]·2^(32·i−1074), each chunk a signed long whose upper bits absorb carries for {@value
 * #ADDS_BEFORE_CARRY} additions before they have to be passed on.
 *
 * <p>Infinities and NaN follow IEEE addition. Not thread-safe; one a thread, merged afterwards.
 */
public final class ExactSum implements Serializable {
  private static final long serialVersionUID = 1;

  private static final int ADDS_BEFORE_CARRY = 1 << 10;
  private static final int CHUNK_BITS = 32;
  private static final long CHUNK_MASK = (1L << CHUNK_BITS) - 1;

  /** 2098 bits from the least subnormal to the greatest double, and room for 2^60 addends. */
  private static final int CHUNKS = 70;

  /** Fewer numbers are added one by one. */
  private static final int FEW = 64;

  private static final int FRACTION_BITS = 52;
  private static final long FRACTION_MASK = (1L << FRACTION_BITS) - 1;

  /** The least subnormal is 2^−1074. */
  private static final int LEAST_EXPONENT = 1074;

  private static final int EXPONENT_BITS = 11;
  private static final int SPECIAL_EXPONENT = 0x7ff;

  private final long[] chunks = new long[CHUNKS];

  /** Made when it is first needed; holds nothing between calls. */
  private transient @Nullable SplitSum split;

  private int addsUntilCarry = ADDS_BEFORE_CARRY;
  private boolean nan;
  private boolean positiveInfinity;
  private boolean negativeInfinity;

  /** Creates a sum of nothing, which is 0. */
  public ExactSum() {}

  /** Returns a copy. */
  public ExactSum copy() {
    ExactSum copy = new ExactSum();
    copy.add(this);
    return copy;
  }

  /** Adds one number. */
  public void add(double value) {
    addToChunks(value);
    if (--addsUntilCarry == 0) {
      carry();
    }
  }

  private void addToChunks(double value) {
    long bits = Double.doubleToRawLongBits(value);
    int exponent = (int) (bits >>> FRACTION_BITS) & SPECIAL_EXPONENT;
    if (exponent == SPECIAL_EXPONENT) {
      addSpecial(value);
      return;
    }
    // 0 for zeros and subnormals, which have no leading one and count as of exponent 1.
    int leading = (exponent + SPECIAL_EXPONENT) >>> EXPONENT_BITS;
    long fraction = (bits & FRACTION_MASK) | ((long) leading << FRACTION_BITS);
    int position = exponent - leading;
    int chunk = position >>> 5;
    int offset = position & (CHUNK_BITS - 1);
    long low = (fraction << offset) & CHUNK_MASK;
    long high = fraction >>> (CHUNK_BITS - offset);
    long sign = bits >> 63;
    chunks[chunk] += (low ^ sign) - sign;
    chunks[chunk + 1] += (high ^ sign) - sign;
  }

  /** Adds the first {@code n} of {@code values}. */
  public void addAll(double[] values, int n) {
    Objects.checkFromIndexSize(0, n, values.length);
    for (int from = 0; from < n; from += SplitSum.MOST) {
      addBlock(values, from, Math.min(n - from, SplitSum.MOST));
    }
  }

  private void addBlock(double[] values, int from, int n) {
    if (n >= FEW) {
      if (split == null) {
        split = new SplitSum();
      }
      if (split.sum(values, from, n)) {
        add(split.high());
        add(split.middle());
        add(split.low());
        return;
      }
    }
    for (int i = from; i < from + n; i++) {
      add(values[i]);
    }
  }

  /** Adds everything that {@code other} holds. */
  public void add(ExactSum other) {
    carry();
    long[] theirs = other.chunks.clone();
    carry(theirs);
    for (int i = 0; i < CHUNKS; i++) {
      chunks[i] += theirs[i];
    }
    carry();
    nan |= other.nan;
    positiveInfinity |= other.positiveInfinity;
    negativeInfinity |= other.negativeInfinity;
  }

  /** Returns the sum rounded to the nearest double, ties to even. */
  public double value() {
    if (nan || (positiveInfinity && negativeInfinity)) {
      return Double.NaN;
    }
    if (positiveInfinity) {
      return Double.POSITIVE_INFINITY;
    }
    if (negativeInfinity) {
      return Double.NEGATIVE_INFINITY;
    }
    BigInteger total = exact();
    BigInteger magnitude = total.abs();
    int bits = magnitude.bitLength();
    if (bits <= FRACTION_BITS + 1) {
      return total.longValue() * Double.MIN_VALUE;
    }
    // Sixty-two leading bits and a sticky one decide the rounding just as all of them would.
    int dropped = Math.max(0, bits - 62);
    long leading = magnitude.shiftRight(dropped).longValue();
    if (dropped > 0 && magnitude.getLowestSetBit() < dropped) {
      leading |= 1;
    }
    double rounded = (double) leading;
    double value = Math.scalb(rounded, dropped - LEAST_EXPONENT);
    return total.signum() < 0 ? -value : value;
  }

  /** Compares the exact sums, not how they came about. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ExactSum that
        && nan == that.nan
        && positiveInfinity == that.positiveInfinity
        && negativeInfinity == that.negativeInfinity
        && exact().equals(that.exact());
  }

  @Override
  public int hashCode() {
    return exact().hashCode();
  }

  @Override
  public String toString() {
    return Double.toString(value());
  }

  private BigInteger exact() {
    long[] normal = chunks.clone();
    carry(normal);
    BigInteger total = BigInteger.ZERO;
    for (int i = CHUNKS - 1; i >= 0; i--) {
      total = total.shiftLeft(CHUNK_BITS).add(BigInteger.valueOf(normal[i]));
    }
    return total;
  }

  private void addSpecial(double value) {
    if (Double.isNaN(value)) {
      nan = true;
    } else if (value > 0) {
      positiveInfinity = true;
    } else {
      negativeInfinity = true;
    }
  }

  private void carry() {
    carry(chunks);
    addsUntilCarry = ADDS_BEFORE_CARRY;
  }

  /** Leaves 0..2^32−1 in every chunk but the last, which keeps the sign. */
  private static void carry(long[] chunks) {
    for (int i = 0; i < CHUNKS - 1; i++) {
      chunks[i + 1] += chunks[i] >> CHUNK_BITS;
      chunks[i] &= CHUNK_MASK;
    }
  }
}
