package dev.batchloss.cuda;

import dev.batchloss.cuda.RowParameters.Place;
import dev.batchloss.cuda.RowParameters.Rows;
import dev.batchloss.plan.MatrixOutput;
import java.lang.foreign.MemorySegment;

/**
 * The structure that kernels which compare two matrices take by value: field by field that of
 * comparison_parameters.cuh. Addresses are the device's; 0 where there is nothing.
 */
record ComparisonParameters(
    Place input,
    Place output,
    Place targets,
    Place elementWeights,
    long columns,
    long rowFactors,
    long positiveWeights) {
  /** At least what the structure takes. */
  static final int BYTES = 320;

  static final int INPUT = 0;
  static final int OUTPUT = 8;
  static final int COLUMN_MEMORY = 16;
  static final int TARGETS = 24;
  static final int ELEMENT_WEIGHTS = 32;
  static final int ROW_FACTORS = 40;
  static final int POSITIVE_WEIGHTS = 48;
  static final int ROWS = 56;
  static final int INNER = 64;
  static final int INPUT_STRIDES = 72;
  static final int OUTPUT_STRIDES = 96;
  static final int TARGET_STRIDES = 120;
  static final int WEIGHT_STRIDES = 144;
  static final int CLASSES = 168;
  static final int LANES = 172;
  static final int FUNCTION = 176;
  static final int WRITES = 180;
  static final int COLUMNS = 184;
  static final int INPUT_TYPE = 188;
  static final int OUTPUT_TYPE = 192;
  static final int TARGET_TYPE = 196;

  /** Where the plan's numbers begin. */
  static final int NUMBERS = 200;

  /**
   * Writes the structure.
   *
   * @param to at least {@link #BYTES}
   */
  void writeTo(MemorySegment to, Rows rows, ComparisonProgram program) {
    to.fill((byte) 0);
    RowParameters.setLong(to, INPUT, input.address());
    RowParameters.setLong(to, OUTPUT, output.address());
    RowParameters.setLong(to, COLUMN_MEMORY, columns);
    RowParameters.setLong(to, TARGETS, targets.address());
    RowParameters.setLong(to, ELEMENT_WEIGHTS, elementWeights.address());
    RowParameters.setLong(to, ROW_FACTORS, rowFactors);
    RowParameters.setLong(to, POSITIVE_WEIGHTS, positiveWeights);
    RowParameters.setLong(to, ROWS, rows.rows());
    RowParameters.setLong(to, INNER, rows.inner());
    RowParameters.setStrides(to, INPUT_STRIDES, input);
    RowParameters.setStrides(to, OUTPUT_STRIDES, output);
    RowParameters.setStrides(to, TARGET_STRIDES, targets);
    RowParameters.setStrides(to, WEIGHT_STRIDES, elementWeights);
    RowParameters.setInt(to, CLASSES, rows.classes());
    RowParameters.setInt(to, LANES, program.lanes());
    RowParameters.setInt(to, FUNCTION, program.function());
    RowParameters.setInt(to, WRITES, number(program.writes()));
    RowParameters.setInt(to, COLUMNS, rows.columnBits());
    RowParameters.setInt(to, INPUT_TYPE, RowParameters.number(input.type()));
    RowParameters.setInt(to, OUTPUT_TYPE, RowParameters.number(output.type()));
    RowParameters.setInt(to, TARGET_TYPE, RowParameters.number(targets.type()));
    rows.writeNumbers(to.asSlice(NUMBERS));
  }

  /**
   * Returns the number that the kernels know an output by.
   *
   * @throws IllegalArgumentException if they cannot write it
   */
  static int number(MatrixOutput output) {
    return switch (output) {
      case NONE -> 0;
      case GRADIENT -> 1;
      case ELEMENT_LOSS -> 2;
      case SOFTMAX, LOG_SOFTMAX ->
          throw new IllegalArgumentException("comparisons have no output of the kind " + output);
    };
  }
}
