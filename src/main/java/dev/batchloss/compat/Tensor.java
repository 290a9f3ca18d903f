package dev.batchloss.compat;

import dev.batchloss.data.ClassTargets;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Numbers with a shape, row-major: the last axis is the fastest. A tensor of rank 0 holds one
 * value. It is a view: of an array or a {@link Matrix} nothing is copied, the memory stays the
 * caller's and must not change during a call. Immutable as a view, and safe to share.
 */
public final class Tensor {
  /** What an integral tensor counts as where a loss asks for floating point. */
  private static final ElementType INTEGERS_AS = ElementType.FLOAT64;

  private final MemorySegment segment;

  /** Null for integers. */
  private final @Nullable ElementType type;

  private final int elementBytes;
  private final Shape shape;

  private Tensor(MemorySegment segment, @Nullable ElementType type, int elementBytes, Shape shape) {
    this.segment = segment;
    this.type = type;
    this.elementBytes = elementBytes;
    this.shape = shape;
    long length = segment.byteSize() / elementBytes;
    if (length != shape.size()) {
      throw new IllegalArgumentException(
          "values has %d elements, shape %s has %d".formatted(length, shape, shape.size()));
    }
  }

  /**
   * A view of FLOAT32 values; without a shape of the one value.
   *
   * @throws IllegalArgumentException if a length is negative or {@code values} is not as long as
   *     the shape says
   */
  public static Tensor of(float[] values, long... shape) {
    return floating(MemorySegment.ofArray(values), ElementType.FLOAT32, Shape.of(shape));
  }

  /** Likewise of FLOAT64 values. */
  public static Tensor of(double[] values, long... shape) {
    return floating(MemorySegment.ofArray(values), ElementType.FLOAT64, Shape.of(shape));
  }

  /** Likewise of 64-bit integers. */
  public static Tensor of(long[] values, long... shape) {
    return integral(MemorySegment.ofArray(values), Long.BYTES, Shape.of(shape));
  }

  /** Likewise of 32-bit integers. */
  public static Tensor of(int[] values, long... shape) {
    return integral(MemorySegment.ofArray(values), Integer.BYTES, Shape.of(shape));
  }

  /**
   * The matrix as rows × classes, or outer × classes × inner where it has an inner axis. A view if
   * its elements follow each other without gaps in that order, else a copy.
   */
  public static Tensor of(Matrix matrix) {
    Shape shape =
        matrix.inner() == 1
            ? Shape.of(matrix.outer(), matrix.classes())
            : Shape.of(matrix.outer(), matrix.classes(), matrix.inner());
    long bytes = shape.size() * matrix.type().bytes();
    if (isPacked(matrix)) {
      return floating(matrix.segment().asSlice(0, bytes), matrix.type(), shape);
    }
    Tensor copy = allocate(matrix.type(), shape);
    Matrix packed =
        Matrix.of(copy.segment, matrix.type(), matrix.outer(), matrix.classes(), matrix.inner());
    for (long row = 0; row < matrix.rows(); row++) {
      for (int c = 0; c < matrix.classes(); c++) {
        packed.set(row, c, matrix.get(row, c));
      }
    }
    return copy;
  }

  /** One FLOAT64 value, of rank 0. */
  public static Tensor scalar(double value) {
    return of(new double[] {value});
  }

  /** Zeros, in memory of their own. */
  static Tensor allocate(ElementType type, Shape shape) {
    long size = shape.size();
    return switch (type) {
      case FLOAT32 -> floating(MemorySegment.ofArray(new float[length(size)]), type, shape);
      case FLOAT64 -> floating(MemorySegment.ofArray(new double[length(size)]), type, shape);
      case FLOAT16, BFLOAT16 ->
          floating(MemorySegment.ofArray(new short[length(size)]), type, shape);
    };
  }

  private static Tensor floating(MemorySegment segment, ElementType type, Shape shape) {
    return new Tensor(segment, type, type.bytes(), shape);
  }

  private static Tensor integral(MemorySegment segment, int bytes, Shape shape) {
    return new Tensor(segment, null, bytes, shape);
  }

  /** Returns the lengths of the axes, the caller's to keep. */
  public long[] shape() {
    return shape.lengths();
  }

  /** Returns the number of axes. */
  public int rank() {
    return shape.rank();
  }

  /** Returns the number of elements. */
  public long size() {
    return shape.size();
  }

  /** Returns whether the elements are integers. */
  public boolean isIntegral() {
    return type == null;
  }

  /** Returns the elements in row-major order as a new array. */
  public double[] toDoubles() {
    double[] values = new double[length(size())];
    Arrays.setAll(values, this::at);
    return values;
  }

  /** Returns the elements in row-major order, each rounded to the nearest float. */
  public float[] toFloats() {
    float[] values = new float[length(size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) at(i);
    }
    return values;
  }

  /**
   * Returns the elements in row-major order as a new array.
   *
   * @throws IllegalStateException if the elements are not integers
   */
  public long[] toLongs() {
    if (!isIntegral()) {
      throw new IllegalStateException(this + " has no integers; see toDoubles()");
    }
    long[] values = new long[length(size())];
    Arrays.setAll(values, this::integerAt);
    return values;
  }

  /**
   * Returns the one value.
   *
   * @throws IllegalStateException if there are more elements than one, or none
   */
  public double item() {
    if (size() != 1) {
      throw new IllegalStateException(
          "%s has %d elements, item() is of one".formatted(this, size()));
    }
    return at(0);
  }

  @Override
  public String toString() {
    String name = type == null ? "INT" + elementBytes * Byte.SIZE : type.name();
    return name + " " + shape;
  }

  Shape axes() {
    return shape;
  }

  /** The format of the elements as a loss reads them. */
  ElementType type() {
    return type == null ? INTEGERS_AS : type;
  }

  /** One element, by its place in row-major order. */
  double at(long index) {
    return type == null ? integerAt(index) : type.get(segment, index);
  }

  /** The elements as outer × classes × inner, the class axis being {@code classAxis}. */
  Matrix rows(int classAxis) {
    return rows(classAxis, classAxis + 1);
  }

  /** Likewise with several neighbouring axes, of which the last is excluded, as that of classes. */
  Matrix rows(int firstClassAxis, int endOfClassAxes) {
    long classes = shape.between(firstClassAxis, endOfClassAxes).size();
    if (classes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "axes %d to %d of %s are too long for classes"
              .formatted(firstClassAxis, endOfClassAxes - 1, this));
    }
    return Matrix.of(
        asFloating().segment,
        type(),
        shape.between(0, firstClassAxis).size(),
        (int) classes,
        shape.between(endOfClassAxes, rank()).size());
  }

  /** The elements as one column: each a row of one class. */
  Matrix elements() {
    return Matrix.of(asFloating().segment, type(), size(), 1);
  }

  /** The elements as one class index a row. */
  ClassTargets classes() {
    if (!isIntegral()) {
      throw new IllegalStateException(this + " has no class indices");
    }
    return new ClassTargets(segment, elementBytes, null);
  }

  /** The same elements in another shape of the same size. */
  Tensor reshape(Shape other) {
    return new Tensor(segment, type, elementBytes, other);
  }

  /** The elements repeated along axes of length 1 and along new leading ones. */
  Tensor broadcastTo(Shape wanted) {
    if (shape.equals(wanted)) {
      return this;
    }
    long[] sources = shape.sourcesIn(wanted);
    if (sources.length == 0) {
      return allocate(type(), wanted);
    }
    return filled(type(), wanted, i -> at(sources[i]));
  }

  /** The sums of the elements that broadcasting made of one element of a smaller shape. */
  Tensor sumTo(Shape smaller) {
    if (shape.equals(smaller)) {
      return this;
    }
    double[] sums = new double[length(smaller.size())];
    long[] sources = smaller.sourcesIn(shape);
    for (int i = 0; i < sources.length; i++) {
      sums[(int) sources[i]] += at(i);
    }
    return filled(type(), smaller, i -> sums[i]);
  }

  /** The products of the elements with those of a tensor of the same shape, as FLOAT64. */
  Tensor times(Tensor factors) {
    return filled(ElementType.FLOAT64, shape, i -> at(i) * factors.at(i));
  }

  /** The same elements, each rounded to another format. */
  Tensor as(ElementType other) {
    return filled(other, shape, this::at);
  }

  /** The sum with a tensor of the same shape, element by element. */
  Tensor plus(Tensor other) {
    return filled(type(), shape, i -> at(i) + other.at(i));
  }

  /** The elements with the other sign. */
  Tensor negated() {
    return filled(type(), shape, i -> -at(i));
  }

  /** Integers as FLOAT64; floating point as it is. */
  Tensor asFloating() {
    return type == null ? filled(INTEGERS_AS, shape, this::at) : this;
  }

  private static Tensor filled(ElementType type, Shape shape, IntToDoubleFunction values) {
    Tensor filled = allocate(type, shape);
    for (int i = 0; i < shape.size(); i++) {
      type.set(filled.segment, i, values.applyAsDouble(i));
    }
    return filled;
  }

  private long integerAt(long index) {
    return elementBytes == Integer.BYTES
        ? segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * Integer.BYTES)
        : segment.get(ValueLayout.JAVA_LONG_UNALIGNED, index * Long.BYTES);
  }

  /** An axis of length 1 has no stride that matters. */
  private static boolean isPacked(Matrix matrix) {
    return matrix.rows() * matrix.classes() == 0
        || ((matrix.inner() == 1 || matrix.innerStride() == 1)
            && (matrix.classes() == 1 || matrix.classStride() == matrix.inner())
            && (matrix.outer() == 1 || matrix.outerStride() == matrix.classes() * matrix.inner()));
  }

  private static int length(long size) {
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(size + " elements do not fit one array");
    }
    return (int) size;
  }
}
