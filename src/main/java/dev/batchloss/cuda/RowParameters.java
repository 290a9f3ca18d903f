package dev.batchloss.cuda;

import dev.batchloss.data.ElementType;
import dev.batchloss.device.RowCall;
import dev.batchloss.device.RowChunk;
import dev.batchloss.device.RowColumn;
import dev.batchloss.device.RowColumns;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What every row kernel takes: the structure of row_parameters.cuh, field by field.
 *
 * @param input where the chunk's input lies
 * @param output where its output goes; {@link Place#NONE} if there is none
 * @param distributions where its probability targets lie, likewise
 * @param columns the address of what comes back for each row
 * @param targets the address of the class targets, or 0
 * @param rowFactors the address of the rows' factors, or 0
 * @param classWeights the address of the class weights, or 0
 * @param segments the address of memory for the segments of split rows, or 0
 * @param rowScalars the address of memory for what their gradients are made of, or 0
 * @param status the address of what phase 0 has left on the device, or 0 where the host has looked
 * @param deviceScale the address of what multiplies the gradient, or 0 where the host knows it
 */
record RowParameters(
    Place input,
    Place output,
    Place distributions,
    long columns,
    long targets,
    long rowFactors,
    long classWeights,
    long segments,
    long rowScalars,
    long status,
    long deviceScale) {
  private static final List<RowColumn> ORDER = List.of(RowColumn.values());

  /** At least what the structure takes. */
  static final int BYTES = 320;

  /** What a segment of a split row leaves, in bytes. */
  static final int BYTES_OF_TOTALS = 256;

  /** What a split row leaves, in bytes. */
  static final int BYTES_OF_SCALARS = 128;

  static final int INPUT = 0;
  static final int OUTPUT = 8;
  static final int COLUMN_MEMORY = 16;
  static final int TARGETS = 24;
  static final int DISTRIBUTIONS = 32;
  static final int ROW_FACTORS = 40;
  static final int CLASS_WEIGHTS = 48;
  static final int SEGMENTS = 56;
  static final int ROW_SCALARS = 64;
  static final int STATUS = 72;
  static final int DEVICE_SCALE = 80;
  static final int ROWS = 88;
  static final int INNER = 96;
  static final int INPUT_STRIDES = 104;
  static final int OUTPUT_STRIDES = 128;
  static final int DISTRIBUTION_STRIDES = 152;
  static final int CLASSES = 176;
  static final int LANES = 180;
  static final int FLAGS = 184;
  static final int COLUMNS = 188;
  static final int INPUT_TYPE = 192;
  static final int OUTPUT_TYPE = 196;
  static final int DISTRIBUTION_TYPE = 200;

  /** Where the numbers begin, from the scale to the gradient's. */
  static final int NUMBERS = 208;

  /**
   * Where a matrix, or a chunk of it, lies on a device; strides are in elements.
   *
   * @param address the address of its first element
   */
  record Place(
      long address, ElementType type, long outerStride, long classStride, long innerStride) {
    /** No matrix. */
    static final Place NONE = new Place(0, ElementType.FLOAT32, 0, 0, 0);
  }

  /**
   * What the rows of a launch are.
   *
   * @param rows how many
   * @param inner the length of their inner axis
   * @param classes the length of each
   * @param columns what comes back for each
   * @param arithmetic FLOAT32 or FLOAT64: what they are computed in
   * @param numbers the plan's, as {@link dev.batchloss.device.RowNumbers} or {@link
   *     dev.batchloss.device.ComparisonNumbers} has them
   */
  record Rows(
      long rows,
      long inner,
      int classes,
      RowColumns columns,
      ElementType arithmetic,
      List<Double> numbers) {
    /** Those of a chunk. */
    static Rows of(RowCall call, RowChunk chunk) {
      return new Rows(
          chunk.rows(),
          chunk.inner(),
          call.request().input().classes(),
          call.columns(),
          call.arithmetic(),
          call.numbers());
    }

    /** Returns the bits of the columns. */
    int columnBits() {
      int bits = 0;
      for (RowColumn column : columns.asList()) {
        bits |= 1 << ORDER.indexOf(column);
      }
      return bits;
    }

    /** Writes the plan's numbers. */
    void writeNumbers(MemorySegment to) {
      for (int i = 0; i < numbers.size(); i++) {
        arithmetic.set(to, i, numbers.get(i));
      }
    }
  }

  /**
   * Writes the structure.
   *
   * @param to at least {@link #BYTES}
   * @param lanes how many threads share a row
   * @param flags the bits of {@link RowFlag}
   */
  void writeTo(MemorySegment to, Rows rows, int lanes, int flags) {
    to.fill((byte) 0);
    setLong(to, INPUT, input.address);
    setLong(to, OUTPUT, output.address);
    setLong(to, COLUMN_MEMORY, columns);
    setLong(to, TARGETS, targets);
    setLong(to, DISTRIBUTIONS, distributions.address);
    setLong(to, ROW_FACTORS, rowFactors);
    setLong(to, CLASS_WEIGHTS, classWeights);
    setLong(to, SEGMENTS, segments);
    setLong(to, ROW_SCALARS, rowScalars);
    setLong(to, STATUS, status);
    setLong(to, DEVICE_SCALE, deviceScale);
    setLong(to, ROWS, rows.rows);
    setLong(to, INNER, rows.inner);
    setStrides(to, INPUT_STRIDES, input);
    setStrides(to, OUTPUT_STRIDES, output);
    setStrides(to, DISTRIBUTION_STRIDES, distributions);
    setInt(to, CLASSES, rows.classes);
    setInt(to, LANES, lanes);
    setInt(to, FLAGS, flags);
    setInt(to, COLUMNS, rows.columnBits());
    setInt(to, INPUT_TYPE, number(input.type));
    setInt(to, OUTPUT_TYPE, number(output.type));
    setInt(to, DISTRIBUTION_TYPE, number(distributions.type));
    rows.writeNumbers(to.asSlice(NUMBERS));
  }

  /** Returns the type's number in the kernels. */
  static int number(ElementType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT64 -> 1;
      case FLOAT16 -> 2;
      case BFLOAT16 -> 3;
    };
  }

  static void setStrides(MemorySegment to, int offset, Place place) {
    setLong(to, offset, place.outerStride);
    setLong(to, offset + Long.BYTES, place.classStride);
    setLong(to, offset + 2 * Long.BYTES, place.innerStride);
  }

  static void setLong(MemorySegment to, int offset, long value) {
    to.set(ValueLayout.JAVA_LONG, offset, value);
  }

  static void setInt(MemorySegment to, int offset, int value) {
    to.set(ValueLayout.JAVA_INT, offset, value);
  }
}
