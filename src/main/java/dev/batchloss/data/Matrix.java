package dev.batchloss.data;

import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A view of {@code outer × classes × inner} numbers in host memory, with a stride for each of the
 * three axes. Row {@code r} is the class axis at outer index {@code r / inner} and inner index
 * {@code r % inner}: with {@code inner = 1} this is an ordinary row-major matrix, with {@code inner
 * > 1} it is the layout of PyTorch and ONNX, where the class axis is not the last one.
 *
 * <p>A matrix never copies and never frees: the memory stays the caller's, and must stay alive and
 * unchanged during a call. Immutable as a view, and safe to share between threads.
 */
public final class Matrix implements MatrixShape {
  private final ElementType type;
  private final MemorySegment segment;
  private final Strides strides;
  private final boolean mayBeMapped;

  private Matrix(ElementType type, MemorySegment segment, Strides strides) {
    this(type, segment, strides, Objects.requireNonNull(segment, "segment").isMapped());
  }

  private Matrix(ElementType type, MemorySegment segment, Strides strides, boolean mayBeMapped) {
    this.mayBeMapped = mayBeMapped;
    this.type = Objects.requireNonNull(type, "type");
    this.segment = Objects.requireNonNull(segment, "segment");
    this.strides = strides;
    requireRoom();
  }

  /** A row-major view of {@code rows × classes} floats. */
  public static Matrix of(float[] values, long rows, int classes) {
    return of(MemorySegment.ofArray(values), ElementType.FLOAT32, rows, classes);
  }

  /** A row-major view of {@code rows × classes} doubles. */
  public static Matrix of(double[] values, long rows, int classes) {
    return of(MemorySegment.ofArray(values), ElementType.FLOAT64, rows, classes);
  }

  /**
   * A row-major view of {@code rows × classes} numbers of 16 bits each.
   *
   * @param type FLOAT16 or BFLOAT16: what the bits mean
   * @throws IllegalArgumentException if {@code type} is not a 16-bit type
   */
  public static Matrix of(short[] bits, ElementType type, long rows, int classes) {
    requireWidth("short[]", 2, type);
    return of(MemorySegment.ofArray(bits), type, rows, classes);
  }

  /** A row-major view of the buffer's remaining floats; direct or heap, in native byte order. */
  public static Matrix of(FloatBuffer values, long rows, int classes) {
    requireNativeOrder(values.order());
    return ofBuffer(values, ElementType.FLOAT32, rows, classes);
  }

  /** A row-major view of the buffer's remaining doubles; direct or heap, in native byte order. */
  public static Matrix of(DoubleBuffer values, long rows, int classes) {
    requireNativeOrder(values.order());
    return ofBuffer(values, ElementType.FLOAT64, rows, classes);
  }

  /** A row-major view of the buffer's remaining 16-bit numbers, in native byte order. */
  public static Matrix of(ShortBuffer bits, ElementType type, long rows, int classes) {
    requireNativeOrder(bits.order());
    requireWidth("ShortBuffer", 2, type);
    return ofBuffer(bits, type, rows, classes);
  }

  /** Of numbers wider than a byte: such a buffer does not tell whether a file is behind it. */
  private static Matrix ofBuffer(Buffer values, ElementType type, long rows, int classes) {
    return new Matrix(
        type, MemorySegment.ofBuffer(values), Strides.packed(rows, classes, 1), values.isDirect());
  }

  /**
   * A row-major view of the buffer's remaining bytes as numbers of {@code type} in native byte
   * order, whatever the buffer's own order says.
   */
  public static Matrix of(ByteBuffer bytes, ElementType type, long rows, int classes) {
    return of(MemorySegment.ofBuffer(bytes), type, rows, classes);
  }

  /**
   * A row-major view of {@code rows × classes} numbers at the start of the segment, on heap or off,
   * aligned or not.
   */
  public static Matrix of(MemorySegment segment, ElementType type, long rows, int classes) {
    return of(segment, type, rows, classes, 1);
  }

  /**
   * A view of {@code outer × classes × inner} numbers that follow each other without gaps, the
   * inner index fastest: a PyTorch tensor of shape N×C×d1×d2 has {@code outer = N} and {@code inner
   * = d1·d2}; a Fortran-order matrix of N rows has {@code outer = 1} and {@code inner = N}.
   */
  public static Matrix of(
      MemorySegment segment, ElementType type, long outer, int classes, long inner) {
    return new Matrix(type, segment, Strides.packed(outer, classes, inner));
  }

  /** Like {@link #of(MemorySegment, ElementType, long, int, long)}, over an array of floats. */
  public static Matrix of(float[] values, long outer, int classes, long inner) {
    return of(MemorySegment.ofArray(values), ElementType.FLOAT32, outer, classes, inner);
  }

  /** Like {@link #of(MemorySegment, ElementType, long, int, long)}, over an array of doubles. */
  public static Matrix of(double[] values, long outer, int classes, long inner) {
    return of(MemorySegment.ofArray(values), ElementType.FLOAT64, outer, classes, inner);
  }

  /**
   * A copy of {@code rows}, row-major, in an array of its own.
   *
   * @throws IllegalArgumentException if the rows differ in length or do not fit one array together
   */
  public static Matrix copyOf(float[][] rows) {
    int classes = rows.length == 0 ? 0 : rows[0].length;
    float[] values = new float[arrayLength(rows.length, classes)];
    for (int r = 0; r < rows.length; r++) {
      requireLength(r, rows[r].length, classes);
      System.arraycopy(rows[r], 0, values, r * classes, classes);
    }
    return of(values, rows.length, classes);
  }

  /**
   * A copy of {@code rows}, row-major, in an array of its own.
   *
   * @throws IllegalArgumentException if the rows differ in length or do not fit one array together
   */
  public static Matrix copyOf(double[][] rows) {
    int classes = rows.length == 0 ? 0 : rows[0].length;
    double[] values = new double[arrayLength(rows.length, classes)];
    for (int r = 0; r < rows.length; r++) {
      requireLength(r, rows[r].length, classes);
      System.arraycopy(rows[r], 0, values, r * classes, classes);
    }
    return of(values, rows.length, classes);
  }

  /**
   * The same memory and shape with other strides, in elements. A stride of 0 repeats one value
   * along its axis and is for reading only.
   *
   * @throws IllegalArgumentException if a stride is negative or the last element lies outside the
   *     memory of this view
   */
  public Matrix withStrides(long outerStride, long classStride, long innerStride) {
    return strided(
        segment, type, outer(), classes(), inner(), outerStride, classStride, innerStride);
  }

  /**
   * A view of {@code outer × classes × inner} numbers with explicit strides, in elements; element
   * (0, 0, 0) is the first of the segment. A stride of 0 repeats one value along its axis and is
   * for reading only.
   *
   * @throws IllegalArgumentException if an argument is negative or the last element lies outside
   *     the segment
   */
  public static Matrix strided(
      MemorySegment segment,
      ElementType type,
      long outer,
      int classes,
      long inner,
      long outerStride,
      long classStride,
      long innerStride) {
    return new Matrix(
        type, segment, new Strides(outer, classes, inner, outerStride, classStride, innerStride));
  }

  /** The rows {@code fromOuter·inner} (inclusive) to {@code toOuter·inner} (exclusive). */
  public Matrix outerSlice(long fromOuter, long toOuter) {
    Objects.checkFromToIndex(fromOuter, toOuter, outer());
    boolean empty = fromOuter == toOuter || strides.isEmpty();
    long skip = empty ? 0 : fromOuter * outerStride() * type.bytes();
    return new Matrix(
        type,
        segment.asSlice(skip),
        new Strides(
            toOuter - fromOuter, classes(), inner(), outerStride(), classStride(), innerStride()),
        mayBeMapped);
  }

  @Override
  public ElementType type() {
    return type;
  }

  /**
   * Returns whether the memory is a mapped file, or a direct buffer of numbers wider than a byte,
   * which may be a view of one. A file that is truncated while it is read ends the JVM, unless it
   * is read by copying.
   */
  public boolean mayBeMapped() {
    return mayBeMapped;
  }

  /** Returns the memory; element (0, 0, 0) is its first. */
  public MemorySegment segment() {
    return segment;
  }

  @Override
  public long outer() {
    return strides.outer();
  }

  @Override
  public int classes() {
    return strides.classes();
  }

  @Override
  public long inner() {
    return strides.inner();
  }

  /** Returns the distance, in elements, between neighbours on the outer axis. */
  public long outerStride() {
    return strides.outerStride();
  }

  /** Returns the distance, in elements, between neighbouring classes of a row. */
  public long classStride() {
    return strides.classStride();
  }

  /** Returns the distance, in elements, between neighbours on the inner axis. */
  public long innerStride() {
    return strides.innerStride();
  }

  /** Returns where class 0 of the row stands, in elements from the start of the segment. */
  public long rowOffset(long row) {
    return strides.rowOffset(row);
  }

  /**
   * Returns one element, exactly.
   *
   * @throws IndexOutOfBoundsException if there is no such row or class
   */
  public double get(long row, int classIndex) {
    Objects.checkIndex(row, rows());
    Objects.checkIndex(classIndex, classes());
    return type.get(segment, rowOffset(row) + classIndex * classStride());
  }

  /**
   * Stores one element, rounded to nearest even.
   *
   * @throws IndexOutOfBoundsException if there is no such row or class
   */
  public void set(long row, int classIndex, double value) {
    Objects.checkIndex(row, rows());
    Objects.checkIndex(classIndex, classes());
    type.set(segment, rowOffset(row) + classIndex * classStride(), value);
  }

  /** Returns whether no two elements can share memory, as an output needs it. */
  public boolean hasDistinctElements() {
    return strides.areDistinct();
  }

  /**
   * Checks that every element can be written, and by itself.
   *
   * @param what its name in the message
   * @throws IllegalArgumentException if the memory is read-only or elements share memory
   */
  public void requireWritable(String what) {
    if (segment.isReadOnly()) {
      throw new IllegalArgumentException(what + " cannot be written: read-only memory");
    }
    if (!hasDistinctElements()) {
      throw new IllegalArgumentException(
          "%s cannot be written: elements of %s overlap".formatted(what, this));
    }
  }

  @Override
  public boolean isSameView(MatrixShape other) {
    return other instanceof Matrix that
        && type == that.type
        && strides.equals(that.strides)
        && segment.asSlice(0, 0).equals(that.segment.asSlice(0, 0));
  }

  /** Returns whether any byte of this view may also be one of {@code other}'s. */
  public boolean overlaps(Matrix other) {
    return !other.strides.isEmpty()
        && overlaps(other.segment.asSlice(0, other.strides.reachInBytes(other.type)));
  }

  /** Returns whether any byte of this view may also be one of {@code memory}'s. */
  public boolean overlaps(MemorySegment memory) {
    return !strides.isEmpty()
        && memory.byteSize() > 0
        && segment.asSlice(0, strides.reachInBytes(type)).asOverlappingSlice(memory).isPresent();
  }

  /** Returns the array behind a heap view, or null if the memory is native or read-only. */
  public @Nullable Object array() {
    return segment.heapBase().orElse(null);
  }

  @Override
  public String toString() {
    return type + " " + outer() + "×" + classes() + (inner() == 1 ? "" : "×" + inner());
  }

  private void requireRoom() {
    if (strides.isEmpty()) {
      return;
    }
    long needed = strides.reachInBytes(type);
    if (needed > segment.byteSize()) {
      throw new IllegalArgumentException(
          "a matrix of %d×%d×%d %s with strides %d, %d, %d needs %d bytes, the memory has %d"
              .formatted(
                  outer(),
                  classes(),
                  inner(),
                  type,
                  outerStride(),
                  classStride(),
                  innerStride(),
                  needed,
                  segment.byteSize()));
    }
  }

  private static int arrayLength(int rows, int classes) {
    long length = (long) rows * classes;
    if (length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%d rows of %d values do not fit one array".formatted(rows, classes));
    }
    return (int) length;
  }

  private static void requireLength(int row, int length, int classes) {
    if (length != classes) {
      throw new IllegalArgumentException(
          "row %d has %d values, row 0 has %d".formatted(row, length, classes));
    }
  }

  private static void requireWidth(String what, int bytes, ElementType type) {
    if (type.bytes() != bytes) {
      throw new IllegalArgumentException(
          "%s holds %d-byte elements, %s has %d".formatted(what, bytes, type, type.bytes()));
    }
  }

  private static void requireNativeOrder(ByteOrder order) {
    if (order != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "the buffer is " + order + ", this machine is " + ByteOrder.nativeOrder());
    }
  }
}
