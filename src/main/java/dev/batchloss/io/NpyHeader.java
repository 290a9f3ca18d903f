package dev.batchloss.io;

import dev.batchloss.data.InvalidDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What a {@code .npy} file says about itself before its numbers begin.
 *
 * @param type the format of the elements
 * @param byteOrder the byte order of the elements in the file
 * @param arrayOrder which axis runs fastest in the file
 * @param shape the length of each axis; empty for a single number
 * @param dataOffset the number of bytes before the first element
 */
public record NpyHeader(
    NumericType type,
    ByteOrder byteOrder,
    ArrayOrder arrayOrder,
    List<Long> shape,
    long dataOffset) {

  /** The most axes an array may have, as in NumPy 2. */
  public static final int MAX_DIMENSIONS = 64;

  /** The longest header that is read: far above what any array of plain numbers needs. */
  static final int MAX_HEADER_BYTES = 65_535;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /**
   * Checks the shape.
   *
   * @throws IllegalArgumentException if there are more than {@link #MAX_DIMENSIONS} axes, if a
   *     length or the offset is negative, or if the file would have more than 2^63 bytes (axes of
   *     length 0 left out of the product)
   */
  public NpyHeader {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(byteOrder, "byteOrder");
    Objects.requireNonNull(arrayOrder, "arrayOrder");
    shape = List.copyOf(shape);
    requireSensible(type, shape, dataOffset);
  }

  /**
   * Reads a header, and nothing beyond it, from the start of a {@code .npy} stream. The header is
   * data and is never evaluated: it must be a literal of exactly the three keys NumPy writes.
   *
   * @param name the file's name as the user gave it; messages begin with it
   * @param in the stream; stays open
   * @throws InvalidDataException if this is no header of a supported version, type and shape
   * @throws IOException if the stream fails
   */
  public static NpyHeader read(String name, InputStream in) throws IOException {
    byte[] start = readExactly(name, in, 0, MAGIC.length + 2);
    if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new InvalidDataException(
          "%s: begins with %s, expected the start of a .npy or .npz file"
              .formatted(name, Quoted.of(start)));
    }
    int major = start[MAGIC.length];
    int minor = start[MAGIC.length + 1];
    if (major < 1 || major > 3 || minor != 0) {
      throw new InvalidDataException(
          "%s: is of .npy version %d.%d, expected 1.0, 2.0 or 3.0"
              .formatted(name, major & 0xff, minor & 0xff));
    }
    int offset = start.length;
    byte[] lengthBytes = readExactly(name, in, offset, major == 1 ? 2 : 4);
    offset += lengthBytes.length;
    long length = littleEndian(lengthBytes);
    if (length > MAX_HEADER_BYTES) {
      throw new InvalidDataException(
          "%s: says its header has %d bytes, expected at most %d"
              .formatted(name, length, MAX_HEADER_BYTES));
    }
    byte[] literal = readExactly(name, in, offset, (int) length);
    return new NpyHeaderParser(name, literal, offset, major).parse();
  }

  /** Returns the number of axes. */
  public int dimensions() {
    return shape.size();
  }

  /** Returns the number of elements: the product of the shape, 1 for no axes. */
  public long elements() {
    long product = 1;
    for (long length : shape) {
      product *= length;
    }
    return product;
  }

  /** Returns the number of bytes that the elements take. */
  public long bytes() {
    return elements() * type.bytes();
  }

  /** Returns the number of bytes of the whole file: header and elements. */
  public long fileBytes() {
    return dataOffset + bytes();
  }

  /** Returns the shape and the type for messages, for instance {@code 1797×10 float32}. */
  public String description() {
    if (shape.isEmpty()) {
      return "a single " + type.label();
    }
    String lengths = shape.stream().map(String::valueOf).collect(Collectors.joining("×"));
    return lengths + " " + type.label();
  }

  /** Returns the same header for the same bytes read as another type of the same width. */
  NpyHeader withType(NumericType other) {
    return new NpyHeader(other, byteOrder, arrayOrder, shape, dataOffset);
  }

  /** Returns the length of each axis from the slowest to the fastest in the file. */
  long[] shapeInFileOrder() {
    List<Long> slowestFirst =
        arrayOrder == ArrayOrder.C ? shape : new ArrayList<>(shape).reversed();
    return slowestFirst.stream().mapToLong(Long::longValue).toArray();
  }

  private static void requireSensible(NumericType type, List<Long> shape, long dataOffset) {
    if (shape.size() > MAX_DIMENSIONS) {
      throw new IllegalArgumentException(
          "has %d axes, expected at most %d".formatted(shape.size(), MAX_DIMENSIONS));
    }
    if (dataOffset < 0) {
      throw new IllegalArgumentException("dataOffset is " + dataOffset + ", must not be negative");
    }
    try {
      long bytes = type.bytes();
      for (long length : shape) {
        if (length < 0) {
          throw new IllegalArgumentException("shape " + shape + " has a negative length");
        }
        bytes = Math.multiplyExact(bytes, Math.max(1, length));
      }
      Math.addExact(bytes, dataOffset);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "shape %s of %s needs more than 2^63 bytes".formatted(shape, type.label()), e);
    }
  }

  private static long littleEndian(byte[] bytes) {
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = value << 8 | (bytes[i] & 0xff);
    }
    return value;
  }

  private static byte[] readExactly(String name, InputStream in, int offset, int count)
      throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new InvalidDataException(
          "%s: ends at byte %d, expected a .npy header up to byte %d at least"
              .formatted(name, offset + bytes.length, offset + count));
    }
    return bytes;
  }
}
