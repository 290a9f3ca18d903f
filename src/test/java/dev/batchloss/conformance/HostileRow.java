package dev.batchloss.conformance;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

/** Rows of logits that break naive implementations. */
enum HostileRow {
  ALTERNATING_1E4((c, _) -> c % 2 == 0 ? 1e4 : -1e4),
  ALL_1E30((_, _) -> 1e30, wideExponents()),
  NEIGHBOURS_OF_1E30((c, _) -> c % 3 == 0 ? 1e30 : 1e30 * (1 - 1e-6), wideExponents()),
  SOME_1E30((c, _) -> c % 5 == 2 ? 1e30 : c, wideExponents()),
  ALL_3E38((_, _) -> 3e38, wideExponents()),
  MINUS_3E38((c, _) -> -3e38 + 1e37 * (c % 4), wideExponents()),
  BOTH_3E38((c, _) -> c % 2 == 0 ? 3e38 : -3e38, wideExponents()),
  FROM_90_TO_100((c, classes) -> 90 + 10 * (c * 7 % classes) / classes),
  FROM_MINUS_100_TO_MINUS_90((c, classes) -> -90 - 10 * (c * 7 % classes) / classes),
  SOME_MINUS_INFINITY((c, _) -> c % 3 == 1 ? Double.NEGATIVE_INFINITY : c % 7),
  ALL_BUT_ONE_MINUS_INFINITY((c, _) -> c == 0 ? 5 : Double.NEGATIVE_INFINITY),
  MINUS_INFINITY_FIRST((c, _) -> c == 0 ? Double.NEGATIVE_INFINITY : c % 5),
  ALL_MINUS_INFINITY((_, _) -> Double.NEGATIVE_INFINITY),
  ONE_PLUS_INFINITY((c, classes) -> c == classes / 2 ? Double.POSITIVE_INFINITY : c % 5),
  BOTH_INFINITIES((c, _) -> c % 2 == 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY),
  FIRST_NAN((c, _) -> c == 0 ? Double.NaN : c % 5),
  LAST_NAN((c, classes) -> c == classes - 1 ? Double.NaN : c % 5),
  NAN_AND_MINUS_INFINITY((c, _) -> c == 1 ? Double.NaN : Double.NEGATIVE_INFINITY),
  NAN_AND_PLUS_INFINITY((c, _) -> c == 1 ? Double.NaN : Double.POSITIVE_INFINITY),
  ALL_NAN((_, _) -> Double.NaN),
  ALL_EQUAL((_, _) -> -3.25),
  ALL_ZERO_OF_BOTH_SIGNS((c, _) -> c % 2 == 0 ? -0.0 : 0.0),
  SUBNORMAL((c, _) -> (c % 2 == 0 ? 1 : -1) * 3e-41 * c),
  ASCENDING((c, classes) -> 100 * c / classes),
  DESCENDING((c, classes) -> 100 - 100 * c / classes),
  STEEPLY_ASCENDING((c, _) -> 20 * Math.floor(c / 17)),
  OUTLIER_LAST((c, classes) -> c == classes - 1 ? 1e4 : c % 5),
  OUTLIER_IN_THE_MIDDLE((c, classes) -> c == Math.floor(classes / 2) ? 300 : c % 5),
  TIES_AT_THE_TOP((c, _) -> c % 4 == 3 ? 2 : 1);

  private final DoubleBinaryOperator logit;
  private final List<ElementType> types;

  HostileRow(DoubleBinaryOperator logit) {
    this(logit, Arrays.asList(ElementType.values()));
  }

  HostileRow(DoubleBinaryOperator logit, List<ElementType> types) {
    this.logit = logit;
    this.types = types;
  }

  private static List<ElementType> wideExponents() {
    return List.of(ElementType.FLOAT32, ElementType.FLOAT64, ElementType.BFLOAT16);
  }

  boolean fits(ElementType type) {
    return types.contains(type);
  }

  /** Writes the row; NaNs get a payload that depends on the class, signalling ones among them. */
  void write(Matrix matrix, int row) {
    int classes = matrix.classes();
    for (int c = 0; c < classes; c++) {
      double value = logit.applyAsDouble(c, classes);
      if (Double.isNaN(value)) {
        writeNan(matrix, row, c);
      } else {
        matrix.set(row, c, value);
      }
    }
  }

  private static void writeNan(Matrix matrix, int row, int c) {
    long at = (matrix.rowOffset(row) + c * matrix.classStride()) * matrix.type().bytes();
    int variant = (row + c) % 3;
    switch (matrix.type()) {
      case FLOAT32 ->
          matrix
              .segment()
              .set(
                  ValueLayout.JAVA_INT_UNALIGNED,
                  at,
                  new int[] {0x7fc00000, 0x7f800001, 0xffc12345}[variant]);
      case FLOAT64 ->
          matrix
              .segment()
              .set(
                  ValueLayout.JAVA_LONG_UNALIGNED,
                  at,
                  new long[] {0x7ff8000000000000L, 0x7ff0000000000001L, 0xfff8123456789abcL}
                      [variant]);
      case FLOAT16 ->
          matrix
              .segment()
              .set(
                  ValueLayout.JAVA_SHORT_UNALIGNED,
                  at,
                  new short[] {0x7e00, 0x7c01, (short) 0xfe12}[variant]);
      case BFLOAT16 ->
          matrix
              .segment()
              .set(
                  ValueLayout.JAVA_SHORT_UNALIGNED,
                  at,
                  new short[] {0x7fc0, 0x7f81, (short) 0xffc5}[variant]);
    }
  }
}
