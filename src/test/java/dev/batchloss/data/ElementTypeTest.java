package dev.batchloss.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ElementTypeTest {
  private static final int EXPONENT_BITS_FLOAT16 = 5;
  private static final int EXPONENT_BITS_BFLOAT16 = 8;

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void readsEveryBitPatternAsTheFormatDefinesIt(ElementType type) {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertThat(read(type, bits)).as("%04x", bits).isEqualTo(Double.valueOf(decode(type, bits)));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void writesBackEveryNumberItRead(ElementType type) {
    for (int bits = 0; bits < 1 << 16; bits++) {
      double value = read(type, bits);
      if (Double.isNaN(value)) {
        assertThat(read(type, write(type, value))).as("%04x", bits).isNaN();
      } else {
        assertThat(write(type, value)).as("%04x", bits).isEqualTo(bits);
      }
    }
  }

  /**
   * Between neighbours, the midpoint goes to the even one and the doubles next to it go to their
   * own side. The latter are what a rounding by way of float gets wrong.
   */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16"})
  void roundsOnceBetweenAllNeighbours(ElementType type) {
    int infinity = infinity(type);
    for (int low = 0; low < infinity; low++) {
      double above = low + 1 == infinity ? decodeBeyondMaximum(type) : decode(type, low + 1);
      double middle = (decode(type, low) + above) / 2;
      int even = low % 2 == 0 ? low : low + 1;
      assertThat(write(type, middle)).as("middle above %04x", low).isEqualTo(even);
      assertThat(write(type, Math.nextUp(middle))).as("above %04x", low).isEqualTo(low + 1);
      assertThat(write(type, Math.nextDown(middle))).as("above %04x", low).isEqualTo(low);
      int sign = 0x8000;
      assertThat(write(type, -middle)).as("middle below -%04x", low).isEqualTo(sign | even);
      assertThat(write(type, -Math.nextUp(middle))).as("-%04x", low).isEqualTo(sign | (low + 1));
      assertThat(write(type, -Math.nextDown(middle))).as("-%04x", low).isEqualTo(sign | low);
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsZerosSignsInfinitiesAndNaNs(ElementType type) {
    assertThat(Double.doubleToRawLongBits(roundTrip(type, 0.0))).isZero();
    assertThat(Double.doubleToRawLongBits(roundTrip(type, -0.0))).isEqualTo(Long.MIN_VALUE);
    assertThat(roundTrip(type, Double.POSITIVE_INFINITY)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(roundTrip(type, Double.NEGATIVE_INFINITY)).isEqualTo(Double.NEGATIVE_INFINITY);
    long[] payloads = {
      0x7ff8000000000000L, 0x7ff0000000000001L, 0x7ff0000020000000L, 0xfff0000000000001L, -1L
    };
    for (long payload : payloads) {
      assertThat(roundTrip(type, Double.longBitsToDouble(payload))).as("%x", payload).isNaN();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT16", "BFLOAT16"})
  void overflowsToInfinityAndUnderflowsToZero(ElementType type) {
    assertThat(roundTrip(type, 1e300)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(roundTrip(type, -1e300)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(roundTrip(type, Double.MIN_VALUE)).isZero();
    assertThat(Double.doubleToRawLongBits(roundTrip(type, -1e-300))).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void aNaNWhosePayloadIsInTheLowerHalfStaysANaNInBfloat16() {
    short bits = ElementType.floatToBfloat16(Float.intBitsToFloat(0x7f800001));
    assertThat(ElementType.bfloat16ToFloat(bits)).isNaN();
  }

  @Test
  void floatsAndDoublesAreStoredAsJavaRoundsThem() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      assertThat(roundTrip(ElementType.FLOAT64, value)).isEqualTo(Double.valueOf(value));
      assertThat(roundTrip(ElementType.FLOAT32, value)).isEqualTo(Double.valueOf((float) value));
    }
  }

  @ParameterizedTest
  @EnumSource
  void addressesElementsByIndexAlsoWhereUnaligned(ElementType type) {
    MemorySegment unaligned = MemorySegment.ofArray(new byte[1 + 3 * type.bytes()]).asSlice(1);
    type.set(unaligned, 2, 1.5);
    type.set(unaligned, 0, -2);
    assertThat(type.get(unaligned, 0)).isEqualTo(-2);
    assertThat(type.get(unaligned, 1)).isZero();
    assertThat(type.get(unaligned, 2)).isEqualTo(1.5);
    assertThatThrownBy(() -> type.get(unaligned, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> type.set(unaligned, -1, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static double roundTrip(ElementType type, double value) {
    MemorySegment segment = MemorySegment.ofArray(new byte[8]);
    type.set(segment, 0, value);
    return type.get(segment, 0);
  }

  private static double read(ElementType type, int bits) {
    return type.get(MemorySegment.ofArray(new short[] {(short) bits}), 0);
  }

  private static int write(ElementType type, double value) {
    short[] bits = new short[1];
    type.set(MemorySegment.ofArray(bits), 0, value);
    return bits[0] & 0xffff;
  }

  private static int exponentBits(ElementType type) {
    return type == ElementType.FLOAT16 ? EXPONENT_BITS_FLOAT16 : EXPONENT_BITS_BFLOAT16;
  }

  private static int infinity(ElementType type) {
    int fractionBits = 15 - exponentBits(type);
    return ((1 << exponentBits(type)) - 1) << fractionBits;
  }

  /** The value of a bit pattern by IEEE 754's definition. */
  private static double decode(ElementType type, int bits) {
    int fractionBits = 15 - exponentBits(type);
    int greatest = (1 << exponentBits(type)) - 1;
    int exponent = (bits >> fractionBits) & greatest;
    int fraction = bits & ((1 << fractionBits) - 1);
    double sign = bits < 0x8000 ? 1 : -1;
    if (exponent == greatest) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    int bias = greatest / 2;
    int significand = exponent == 0 ? fraction : fraction + (1 << fractionBits);
    return sign * significand * Math.pow(2, Math.max(exponent, 1) - bias - fractionBits);
  }

  /** What would follow the greatest number if the exponent went one further. */
  private static double decodeBeyondMaximum(ElementType type) {
    return Math.pow(2, 1 << (exponentBits(type) - 1));
  }
}
