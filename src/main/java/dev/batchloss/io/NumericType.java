package dev.batchloss.io;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The number formats a file can hold. In memory, values are in native byte order at the width they
 * have in the file.
 */
public enum NumericType {
  /** IEEE 754 binary16. */
  FLOAT16('f', 2, ElementType.FLOAT16),
  /** The upper half of a binary32; NumPy has no such type, files hold it as uint16. */
  BFLOAT16('u', 2, ElementType.BFLOAT16),
  /** IEEE 754 binary32. */
  FLOAT32('f', 4, ElementType.FLOAT32),
  /** IEEE 754 binary64. */
  FLOAT64('f', 8, ElementType.FLOAT64),
  /** Two's complement, 8 bits. */
  INT8('i', 1, null),
  /** Two's complement, 16 bits. */
  INT16('i', 2, null),
  /** Two's complement, 32 bits. */
  INT32('i', 4, null),
  /** Two's complement, 64 bits. */
  INT64('i', 8, null),
  /** Unsigned, 8 bits. */
  UINT8('u', 1, null),
  /** Unsigned, 16 bits. */
  UINT16('u', 2, null),
  /** Unsigned, 32 bits. */
  UINT32('u', 4, null),
  /** Unsigned, 64 bits. */
  UINT64('u', 8, null),
  /** One byte, 0 for false; every other value is true and reads as 1. */
  BOOL('b', 1, null);

  private static final double TWO_TO_63 = 0x1p63;

  private final char kind;
  private final int bytes;
  private final @Nullable ElementType elementType;

  NumericType(char kind, int bytes, @Nullable ElementType elementType) {
    this.kind = kind;
    this.bytes = bytes;
    this.elementType = elementType;
  }

  /** Returns the file's type for the elements of a matrix. */
  public static NumericType of(ElementType type) {
    return switch (type) {
      case FLOAT16 -> FLOAT16;
      case BFLOAT16 -> BFLOAT16;
      case FLOAT32 -> FLOAT32;
      case FLOAT64 -> FLOAT64;
    };
  }

  /** Returns the type that NumPy writes with this kind and size, if it is one of these. */
  static Optional<NumericType> ofDescriptor(char kind, int bytes) {
    for (NumericType type : values()) {
      if (type.kind == kind && type.bytes == bytes && type != BFLOAT16) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Returns NumPy's kind and size, for instance {@code f4}. */
  String descriptor() {
    return "" + kind + bytes;
  }

  /** Returns the size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Returns NumPy's name of the type, for instance {@code float32}; for BFLOAT16 "bfloat16". */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns whether this is one of the floating-point types. */
  public boolean isFloating() {
    return elementType != null;
  }

  /** Returns the type of a matrix that holds these numbers; empty for integers and booleans. */
  public Optional<ElementType> elementType() {
    return Optional.ofNullable(elementType);
  }

  /**
   * Returns the element at {@code index}, counted in elements from the start of the segment. Exact
   * but for 64-bit integers beyond 2^53, which are rounded to nearest even.
   *
   * @throws IndexOutOfBoundsException if the element lies outside the segment
   */
  public double toDouble(MemorySegment segment, long index) {
    if (elementType != null) {
      return elementType.get(segment, index);
    }
    long bits = integerBits(segment, index);
    if (this == UINT64 && bits < 0) {
      return 2.0 * ((bits >>> 1) | (bits & 1));
    }
    return bits;
  }

  /**
   * Returns the element at {@code index} (counted in elements from the start of the segment) as an
   * integer, exactly.
   *
   * @throws InvalidDataException if the element is not an integer from −2^63 to 2^63 − 1; the
   *     message names the index and the value, not the file
   * @throws IndexOutOfBoundsException if the element lies outside the segment
   */
  public long toLong(MemorySegment segment, long index) {
    if (elementType != null) {
      double value = elementType.get(segment, index);
      if (value != Math.rint(value) || value < -TWO_TO_63 || value >= TWO_TO_63) {
        throw new InvalidDataException(
            "element %d is %s, must be an integer of 64 bits".formatted(index, value));
      }
      return (long) value;
    }
    long bits = integerBits(segment, index);
    if (this == UINT64 && bits < 0) {
      throw new InvalidDataException(
          "element %d is %s, must be below 2^63".formatted(index, Long.toUnsignedString(bits)));
    }
    return bits;
  }

  /**
   * Returns the element at {@code index} (counted in elements from the start of the segment) as
   * text for messages: integers in full, other numbers as {@link Double#toString(double)} has them.
   *
   * @throws IndexOutOfBoundsException if the element lies outside the segment
   */
  public String toText(MemorySegment segment, long index) {
    if (elementType != null) {
      return Double.toString(elementType.get(segment, index));
    }
    long bits = integerBits(segment, index);
    return this == UINT64 ? Long.toUnsignedString(bits) : Long.toString(bits);
  }

  /** Returns the integer at {@code index}; one of UINT64 beyond 2^63 comes out negative. */
  long integerBits(MemorySegment segment, long index) {
    return switch (this) {
      case INT8 -> segment.get(ValueLayout.JAVA_BYTE, index);
      case UINT8 -> Byte.toUnsignedLong(segment.get(ValueLayout.JAVA_BYTE, index));
      case BOOL -> segment.get(ValueLayout.JAVA_BYTE, index) == 0 ? 0 : 1;
      case INT16 -> segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2);
      case UINT16 -> Short.toUnsignedLong(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
      case INT32 -> segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
      case UINT32 -> Integer.toUnsignedLong(segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4));
      case INT64, UINT64 -> segment.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          throw new IllegalStateException(this + " is not an integer type");
    };
  }
}
