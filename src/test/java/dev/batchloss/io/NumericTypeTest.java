package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericTypeTest {
  @Test
  void readsTheExtremesOfEveryIntegerType() {
    byte[] ones = new byte[16];
    Arrays.fill(ones, (byte) 0xff);
    MemorySegment segment = MemorySegment.ofArray(ones);

    assertThat(NumericType.INT8.toLong(segment, 1)).isEqualTo(-1);
    assertThat(NumericType.INT16.toLong(segment, 1)).isEqualTo(-1);
    assertThat(NumericType.INT32.toLong(segment, 1)).isEqualTo(-1);
    assertThat(NumericType.INT64.toLong(segment, 1)).isEqualTo(-1);
    assertThat(NumericType.UINT8.toLong(segment, 1)).isEqualTo(255);
    assertThat(NumericType.UINT16.toLong(segment, 1)).isEqualTo(65_535);
    assertThat(NumericType.UINT32.toLong(segment, 1)).isEqualTo(4_294_967_295L);
    assertThat(NumericType.BOOL.toLong(segment, 1)).isEqualTo(1);
    assertThat(NumericType.UINT64.toDouble(segment, 1)).isEqualTo(0x1p64);
    assertThatThrownBy(() -> NumericType.UINT64.toLong(segment, 1))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("element 1 is 18446744073709551615, must be below 2^63");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        (1L << 53) + 1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1024,
        Long.MIN_VALUE + 1025,
        Long.MIN_VALUE + 3072,
        -1024,
        -1023,
        -1
      })
  void roundsUnsigned64BitsToTheNearestDouble(long bits) {
    MemorySegment segment = MemorySegment.ofArray(new long[] {bits});

    assertThat(NumericType.UINT64.toDouble(segment, 0))
        .isEqualTo(new BigInteger(Long.toUnsignedString(bits)).doubleValue());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.0, 1, -100, 0x1p52, -0x1p63, 0x1.fffffffffffffp62})
  void takesIntegralDoublesForIntegers(double value) {
    MemorySegment segment = MemorySegment.ofArray(new double[] {value});

    assertThat((double) NumericType.FLOAT64.toLong(segment, 0)).isEqualTo(value + 0.0);
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0.5, -2.5, 0x1p63, 1e300, Double.NaN, Double.POSITIVE_INFINITY, -0x1.1p63})
  void refusesOtherDoublesAsIntegers(double value) {
    MemorySegment segment = MemorySegment.ofArray(new double[] {value});

    assertThatThrownBy(() -> NumericType.FLOAT64.toLong(segment, 0))
        .isInstanceOf(InvalidDataException.class)
        .hasMessage("element 0 is " + value + ", must be an integer of 64 bits");
  }

  @ParameterizedTest
  @EnumSource
  void onlyFloatingTypesMakeMatrices(NumericType type) {
    assertThat(type.isFloating()).isEqualTo(type.name().contains("FLOAT"));
    assertThat(type.elementType().isPresent()).isEqualTo(type.isFloating());
    type.elementType().ifPresent(element -> assertThat(NumericType.of(element)).isEqualTo(type));
    type.elementType().ifPresent(e -> assertThat(e.bytes()).isEqualTo(type.bytes()));
  }

  @ParameterizedTest
  @EnumSource
  void everyElementTypeHasAFileType(ElementType type) {
    assertThat(NumericType.of(type).elementType()).contains(type);
    assertThat(NumericType.of(type).label()).isEqualToIgnoringCase(type.name());
  }
}
