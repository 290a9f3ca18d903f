package dev.batchloss.cpu;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Copies runs of neighbouring elements of a matrix to and from arrays, converting between number
 * formats. A mapped file is only ever copied here, never read by vector code directly: if it is
 * truncated underneath, that ends in an error instead of taking the JVM along. One a worker.
 */
final class Elements {
  private final Matrix matrix;
  private final MemorySegment segment;
  private final ElementType type;
  private final double @Nullable [] doubleArray;
  private final int doubleArrayOffset;
  private final short @Nullable [] halvesArray;
  private final int halvesArrayOffset;
  private final short[] halvesCopy;
  private final float[] floats;
  private final float @Nullable [] array;
  private final int arrayOffset;

  /** Prepares for runs of up to {@code longest} elements. */
  Elements(Matrix matrix, int longest) {
    this.matrix = matrix;
    this.segment = matrix.segment();
    this.type = matrix.type();
    this.doubleArray =
        type == ElementType.FLOAT64
                && segment.address() % Double.BYTES == 0
                && matrix.array() instanceof double[] array64
            ? array64
            : null;
    this.doubleArrayOffset = doubleArray == null ? 0 : (int) (segment.address() / Double.BYTES);
    boolean isHalves = type.bytes() == Short.BYTES;
    this.halvesArray =
        isHalves
                && segment.address() % Short.BYTES == 0
                && matrix.array() instanceof short[] shortArray
            ? shortArray
            : null;
    this.halvesArrayOffset = halvesArray == null ? 0 : (int) (segment.address() / Short.BYTES);
    this.halvesCopy = isHalves ? new short[longest] : new short[0];
    this.floats = type == ElementType.FLOAT64 ? new float[0] : new float[longest];
    boolean aligned = segment.address() % Float.BYTES == 0;
    this.array =
        type == ElementType.FLOAT32 && aligned && matrix.array() instanceof float[] floatArray
            ? floatArray
            : null;
    this.arrayOffset = array == null ? 0 : (int) (segment.address() / Float.BYTES);
  }

  Matrix matrix() {
    return matrix;
  }

  /** The array behind a FLOAT32 matrix on the heap, or null. */
  float @Nullable [] floatArray() {
    return array;
  }

  /** Where the matrix begins in {@link #floatArray}. */
  int floatArrayOffset() {
    return arrayOffset;
  }

  /** The array behind a FLOAT64 matrix on the heap, or null. */
  double @Nullable [] doubleArray() {
    return doubleArray;
  }

  /** Where the matrix begins in {@link #doubleArray}. */
  int doubleArrayOffset() {
    return doubleArrayOffset;
  }

  /** Whether vectors may be loaded from the matrix's own memory: of FLOAT32, and no file's. */
  boolean isNativeFloats() {
    return type == ElementType.FLOAT32 && segment.isNative() && !matrix.mayBeMapped();
  }

  /** Reads {@code n} elements from {@code start} on, rounding doubles to floats. */
  void read(long start, int n, float[] to, int offset) {
    switch (type) {
      case FLOAT32 ->
          MemorySegment.copy(
              segment, ValueLayout.JAVA_FLOAT_UNALIGNED, start * Float.BYTES, to, offset, n);
      case FLOAT64 -> {
        for (int i = 0; i < n; i++) {
          to[offset + i] = (float) type.get(segment, start + i);
        }
      }
      case FLOAT16 -> {
        int from = seekHalves(start, n);
        Float16.widen(halves(), from, n, to, offset);
      }
      case BFLOAT16 -> {
        int from = seekHalves(start, n);
        FloatLoops.widen(VectorLoop.WIDEN_BFLOAT16.isCompiled(n), halves(), from, n, to, offset);
      }
    }
  }

  /** Reads {@code n} elements from {@code start} on, exactly. */
  void read(long start, int n, double[] to, int offset) {
    if (type == ElementType.FLOAT64) {
      MemorySegment.copy(
          segment, ValueLayout.JAVA_DOUBLE_UNALIGNED, start * Double.BYTES, to, offset, n);
      return;
    }
    read(start, n, floats, 0);
    for (int i = 0; i < n; i++) {
      to[offset + i] = floats[i];
    }
  }

  /** Writes {@code n} elements from {@code start} on, rounding to the matrix's type. */
  void write(long start, int n, float[] from, int offset) {
    switch (type) {
      case FLOAT32 ->
          MemorySegment.copy(
              from, offset, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, start * Float.BYTES, n);
      case FLOAT64 -> {
        for (int i = 0; i < n; i++) {
          type.set(segment, start + i, from[offset + i]);
        }
      }
      case FLOAT16 -> {
        Float16.narrow(from, offset, n, halves(), halvesOffset(start));
        writeHalves(start, n);
      }
      case BFLOAT16 -> {
        FloatLoops.narrow(
            VectorLoop.NARROW_BFLOAT16.isCompiled(n),
            from,
            offset,
            n,
            halves(),
            halvesOffset(start));
        writeHalves(start, n);
      }
    }
  }

  /** Writes {@code n} elements from {@code start} on, rounding once to the matrix's type. */
  void write(long start, int n, double[] from, int offset) {
    switch (type) {
      case FLOAT64 ->
          MemorySegment.copy(
              from, offset, segment, ValueLayout.JAVA_DOUBLE_UNALIGNED, start * Double.BYTES, n);
      case FLOAT32 -> {
        for (int i = 0; i < n; i++) {
          floats[i] = (float) from[offset + i];
        }
        write(start, n, floats, 0);
      }
      case FLOAT16, BFLOAT16 -> {
        for (int i = 0; i < n; i++) {
          type.set(segment, start + i, from[offset + i]);
        }
      }
    }
  }

  /** Reads {@code n} classes of a row from class {@code c} on, whatever their distance. */
  void readRow(long row, int c, int n, double[] to) {
    long start = matrix.rowOffset(row) + c * matrix.classStride();
    if (matrix.classStride() == 1) {
      read(start, n, to, 0);
    } else {
      for (int i = 0; i < n; i++) {
        to[i] = get(start + i * matrix.classStride());
      }
    }
  }

  /** Reads {@code n} classes of a row from class {@code c} on, whatever their distance. */
  void readRow(long row, int c, int n, float[] to) {
    long start = matrix.rowOffset(row) + c * matrix.classStride();
    if (matrix.classStride() == 1) {
      read(start, n, to, 0);
    } else {
      for (int i = 0; i < n; i++) {
        to[i] = (float) get(start + i * matrix.classStride());
      }
    }
  }

  /** Writes {@code n} classes of a row from class {@code c} on, whatever their distance. */
  void writeRow(long row, int c, int n, double[] from) {
    long start = matrix.rowOffset(row) + c * matrix.classStride();
    if (matrix.classStride() == 1) {
      write(start, n, from, 0);
    } else {
      for (int i = 0; i < n; i++) {
        set(start + i * matrix.classStride(), from[i]);
      }
    }
  }

  /** Writes {@code n} classes of a row from class {@code c} on, whatever their distance. */
  void writeRow(long row, int c, int n, float[] from) {
    long start = matrix.rowOffset(row) + c * matrix.classStride();
    if (matrix.classStride() == 1) {
      write(start, n, from, 0);
    } else {
      for (int i = 0; i < n; i++) {
        set(start + i * matrix.classStride(), from[i]);
      }
    }
  }

  double get(long position) {
    return type.get(segment, position);
  }

  void set(long position, double value) {
    type.set(segment, position, value);
  }

  /**
   * Makes {@code n} 16-bit elements from {@code start} on available in {@link #halves}; returns
   * where there.
   */
  int seekHalves(long start, int n) {
    if (halvesArray == null) {
      MemorySegment.copy(
          segment, ValueLayout.JAVA_SHORT_UNALIGNED, start * Short.BYTES, halvesCopy, 0, n);
    }
    return halvesOffset(start);
  }

  /** The array behind a matrix of 16-bit elements, or one that they are copied to. */
  short[] halves() {
    return halvesArray == null ? halvesCopy : halvesArray;
  }

  private int halvesOffset(long start) {
    return halvesArray == null ? 0 : halvesArrayOffset + (int) start;
  }

  /** Copies what has been left in {@link #halves}, unless that is the matrix's array. */
  private void writeHalves(long start, int n) {
    if (halvesArray == null) {
      MemorySegment.copy(
          halvesCopy, 0, segment, ValueLayout.JAVA_SHORT_UNALIGNED, start * Short.BYTES, n);
    }
  }
}
