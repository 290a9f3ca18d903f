package dev.batchloss;

import dev.batchloss.io.NumericFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes small .npy and .npz files by hand and reads them back as doubles. */
public final class ArrayFiles {
  private ArrayFiles() {}

  /** A file of float32 in C order. */
  public static Path floats(Path file, long[] shape, float... values) throws IOException {
    return Files.write(file, npy("<f4", "False", shape, bytesOf(values)));
  }

  /** A file of float32 in Fortran order; the values are given in C order of a matrix. */
  public static Path fortranFloats(Path file, int rows, int columns, float... values)
      throws IOException {
    float[] transposed = new float[values.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        transposed[c * rows + r] = values[r * columns + c];
      }
    }
    return Files.write(file, npy("<f4", "True", new long[] {rows, columns}, bytesOf(transposed)));
  }

  /** A file of float64 in C order. */
  public static Path doubles(Path file, long[] shape, double... values) throws IOException {
    byte[] data = new byte[8 * values.length];
    Arrays.stream(values).forEach(littleEndian(data)::putDouble);
    return Files.write(file, npy("<f8", "False", shape, data));
  }

  /** A file of int64 in C order. */
  public static Path longs(Path file, long[] shape, long... values) throws IOException {
    byte[] data = new byte[8 * values.length];
    Arrays.stream(values).forEach(littleEndian(data)::putLong);
    return Files.write(file, npy("<i8", "False", shape, data));
  }

  /** A file of int32 in C order. */
  public static Path ints(Path file, long[] shape, int... values) throws IOException {
    byte[] data = new byte[4 * values.length];
    Arrays.stream(values).forEach(littleEndian(data)::putInt);
    return Files.write(file, npy("<i4", "False", shape, data));
  }

  /** A file of 16-bit elements in C order; {@code descr} is u2, i2 or f2. */
  public static Path shorts(Path file, String descr, long[] shape, short... values)
      throws IOException {
    byte[] data = new byte[2 * values.length];
    ByteBuffer elements = littleEndian(data);
    for (short value : values) {
      elements.putShort(value);
    }
    return Files.write(file, npy("<" + descr, "False", shape, data));
  }

  /** A file of 8-bit elements in C order; {@code descr} is b1, i1 or u1. */
  public static Path bytes(Path file, String descr, long[] shape, byte... values)
      throws IOException {
    return Files.write(file, npy("|" + descr, "False", shape, values));
  }

  /** An archive of deflated members. */
  public static Path npz(Path file, String firstName, Path first, String secondName, Path second)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry(firstName + ".npy"));
      zip.write(Files.readAllBytes(first));
      zip.putNextEntry(storedEntry(secondName + ".npy", Files.readAllBytes(second)));
      zip.write(Files.readAllBytes(second));
    }
    return file;
  }

  /** The bytes of a whole file around any header fields, true or not. */
  public static byte[] npy(String descr, String fortranOrder, long[] shape, byte[] data) {
    String lengths =
        Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
    return withHeader(
        "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }"
            .formatted(descr, fortranOrder, shape.length == 1 ? lengths + "," : lengths),
        data);
  }

  /** The bytes of a file of version 1.0 with any text for a header. */
  public static byte[] withHeader(String text, byte[] data) {
    String header = text + " ".repeat(63 - (text.length() + 10) % 64) + "\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    bytes.write(header.length());
    bytes.write(header.length() >> 8);
    bytes.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes(data);
    return bytes.toByteArray();
  }

  /** All numbers of a file in C order. */
  public static double[] read(Path file) throws IOException {
    try (NumericFile array = NumericFile.open(file)) {
      long[] count = array.shape().stream().mapToLong(Long::longValue).toArray();
      byte[] bytes = new byte[(int) array.header().bytes()];
      MemorySegment segment = MemorySegment.ofArray(bytes);
      array.read(new long[count.length], count, segment);
      double[] values = new double[(int) array.header().elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = array.type().toDouble(segment, i);
      }
      return values;
    }
  }

  private static ZipEntry storedEntry(String name, byte[] contents) {
    CRC32 checksum = new CRC32();
    checksum.update(contents);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(contents.length);
    entry.setCrc(checksum.getValue());
    return entry;
  }

  private static byte[] bytesOf(float... values) {
    byte[] data = new byte[4 * values.length];
    ByteBuffer elements = littleEndian(data);
    for (float value : values) {
      elements.putFloat(value);
    }
    return data;
  }

  private static ByteBuffer littleEndian(byte[] data) {
    return ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
  }
}
