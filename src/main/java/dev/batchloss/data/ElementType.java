package dev.batchloss.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The number formats a {@link Matrix} can hold. Values are in native byte order. */
public enum ElementType {
  /** IEEE 754 binary32. */
  FLOAT32(4) {
    @Override
    public double get(MemorySegment segment, long index) {
      return segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
    }

    @Override
    public void set(MemorySegment segment, long index, double value) {
      segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4, (float) value);
    }
  },
  /** IEEE 754 binary64. */
  FLOAT64(8) {
    @Override
    public double get(MemorySegment segment, long index) {
      return segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
    }

    @Override
    public void set(MemorySegment segment, long index, double value) {
      segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8, value);
    }
  },
  /** IEEE 754 binary16. */
  FLOAT16(2) {
    @Override
    public double get(MemorySegment segment, long index) {
      return Float.float16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
    }

    @Override
    public void set(MemorySegment segment, long index, double value) {
      segment.set(
          ValueLayout.JAVA_SHORT_UNALIGNED,
          index * 2,
          Float.floatToFloat16(roundToOddFloat(value)));
    }
  },
  /** The upper half of a binary32: eight bits of exponent, seven of fraction. */
  BFLOAT16(2) {
    @Override
    public double get(MemorySegment segment, long index) {
      return bfloat16ToFloat(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
    }

    @Override
    public void set(MemorySegment segment, long index, double value) {
      segment.set(
          ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, floatToBfloat16(roundToOddFloat(value)));
    }
  };

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /**
   * Returns the element at {@code index} (counted in elements from the start of the segment),
   * exactly: every format here is a subset of double.
   *
   * @throws IndexOutOfBoundsException if the element lies outside the segment
   */
  public abstract double get(MemorySegment segment, long index);

  /**
   * Stores {@code value} at {@code index}, rounded once, to nearest with ties to even.
   *
   * @throws IndexOutOfBoundsException if the element lies outside the segment
   */
  public abstract void set(MemorySegment segment, long index, double value);

  /** Returns the float whose upper 16 bits are {@code bits}. */
  public static float bfloat16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Returns the bfloat16 nearest to {@code value}, ties to even; a NaN stays a NaN. */
  public static short floatToBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /**
   * Rounds to the float whose last bit remembers whether anything was lost, so that a second
   * rounding to 16 bits gives what a single rounding of the double would have given (Boldo and
   * Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
   */
  private static float roundToOddFloat(double value) {
    float nearest = (float) value;
    if (Double.isNaN(value) || nearest == value) {
      return nearest;
    }
    int bits = Float.floatToRawIntBits(nearest);
    boolean tooFar = Math.abs((double) nearest) > Math.abs(value);
    int truncated = tooFar ? bits - 1 : bits;
    return Float.intBitsToFloat(truncated | 1);
  }
}
