package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.InvalidDataException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyHeaderTest {
  private static final String SOUND = NpyBytes.literal("<f4", "(3, 4)");

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void readsEveryVersion(int version) throws IOException {
    byte[] file = NpyBytes.header(version, SOUND);

    NpyHeader header = NpyBytes.parse(file);

    assertThat(header)
        .isEqualTo(
            new NpyHeader(
                NumericType.FLOAT32,
                ByteOrder.LITTLE_ENDIAN,
                ArrayOrder.C,
                List.of(3L, 4L),
                file.length));
    assertThat(header.elements()).isEqualTo(12);
    assertThat(header.bytes()).isEqualTo(48);
    assertThat(header.fileBytes()).isEqualTo(file.length + 48);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'shape': (3, 4), 'fortran_order': False, 'descr': '<f4'}",
        "  {\"descr\":\"<f4\",\"shape\":(3,4),\"fortran_order\":False}   \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4,)}",
        "{\n'descr'\t: '<f4',\r\n'fortran_order' :False , 'shape' :( 3 , 4 ) , }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }",
      })
  void readsEveryWayToWriteTheSameLiteral(String literal) throws IOException {
    NpyHeader header = NpyBytes.parse(NpyBytes.header(1, literal));

    assertThat(header.shape()).containsExactly(3L, 4L);
    assertThat(header.type()).isEqualTo(NumericType.FLOAT32);
    assertThat(header.arrayOrder()).isEqualTo(ArrayOrder.C);
  }

  @ParameterizedTest
  @CsvSource({
    "<f2, FLOAT16", ">f2, FLOAT16", "<f4, FLOAT32", ">f8, FLOAT64", "|i1, INT8", "<i1, INT8",
    "<i2, INT16", ">i4, INT32", "<i8, INT64", "|u1, UINT8", ">u2, UINT16", "<u4, UINT32",
    ">u8, UINT64", "|b1, BOOL", "<b1, BOOL"
  })
  void knowsTheTypes(String descr, NumericType type) throws IOException {
    NpyHeader header = NpyBytes.parse(NpyBytes.header(1, NpyBytes.literal(descr, "()")));

    assertThat(header.type()).isEqualTo(type);
    assertThat(header.shape()).isEmpty();
    assertThat(header.elements()).isEqualTo(1);
    if (descr.charAt(0) != '|') {
      assertThat(header.byteOrder())
          .isEqualTo(descr.charAt(0) == '<' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "=f4", "f4", "|f4", "float32", "<f16", "<f3", "<f44", "<f0", "<c8", "<U5", "|S3", "|V2",
        "<M8[ns]", "<m8", "", "<", "<f", "<f4,<f4", "<F4", "<f4 ", "(2,)<f4", "?", "|b2", "<u2x"
      })
  void refusesOtherTypes(String descr) {
    assertRefused(NpyBytes.literal(descr, "(3, 4)"), "has elements of type '" + descr + "'");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "'|O';Python objects",
        "'O';has elements of type 'O'",
        "[('a', '<f4')];structured elements",
        "('<f4', (2,));elements that are arrays",
        "u'<f4';has 'u' at byte 20, expected the element type in quotes",
        "b'<f4';has 'b' at byte 20",
        "'<f' '4';expected one string",
        "'<f' + '4';has '+' at byte 25, expected ','",
        "'\\x3cf4';expected a string without escapes",
        "\"<f4;expected a string without escapes, closed by its quote",
        "__import__('os').system('x');has '_' at byte 20",
        "None;has 'N' at byte 20",
        "{};has '{' at byte 20",
      })
  void refusesDescriptorsThatAreNoPlainString(String descr, String message) {
    assertRefused(
        "{'descr': %s, 'fortran_order': False, 'shape': (3, 4), }".formatted(descr), message);
  }

  @Test
  void refusesPickledObjects() {
    assertRefused(NpyBytes.literal("|O", "(3, 4)"), "holds Python objects, which are never read");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(3);expected ',' after the only length",
        "3;expected '('",
        "[3, 4];expected '('",
        "(,);expected a length",
        "(3,,4);expected a length",
        "(3 4);expected ',' or ')'",
        "(3, 4;has '}' at byte 67, expected a length",
        "(-3, 4);a negative length",
        "(3, -9223372036854775808);a negative length",
        "(+3, 4);expected a length",
        "(03, 4);expected a length",
        "(1_000, 4);expected ',' or ')'",
        "(0x10, 4);expected ',' or ')'",
        "(3.0, 4);expected ',' or ')'",
        "(1e9, 4);expected ',' or ')'",
        "(True, 4);expected a length",
        "(None, 4);expected a length",
        "((3, 4));expected a length",
        "(((((((((((3))))))))));expected a length",
        "(3*10**9, 4);expected ',' or ')'",
        "(3l, 4);expected ',' or ')'",
        "(3LL, 4);expected ',' or ')'",
        "(9223372036854775808,);expected less than 2^63",
        "(99999999999999999999999999999999999999,);expected less than 2^63",
        "(4294967296, 4294967296);needs more than 2^63 bytes",
        "(3037000500, 3037000500);needs more than 2^63 bytes",
        "(2305843009213693952,);needs more than 2^63 bytes",
        "(0, 9223372036854775807, 9223372036854775807);needs more than 2^63 bytes",
      })
  void refusesShapes(String shape, String message) {
    assertRefused(NpyBytes.literal("<f4", shape), message);
  }

  @Test
  void refusesMoreAxesThanNumpyHas() throws IOException {
    String axes64 = "(" + "1, ".repeat(64) + ")";
    assertThat(NpyBytes.parse(NpyBytes.header(1, NpyBytes.literal("<f4", axes64))).dimensions())
        .isEqualTo(64);
    assertRefused(NpyBytes.literal("<f4", "(" + "1, ".repeat(65) + ")"), "has more than 64 axes");
  }

  @Test
  void takesTheLongMarkOfPython2OnlyWhereNumpyDoes() {
    assertThatThrownBy(
            () -> NpyBytes.parse(NpyBytes.header(3, NpyBytes.literal("<f4", "(3L, 4L)"))))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("expected ',' or ')'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"true", "TRUE", "1", "0", "'True'", "None", "Truest", "not False", "", "False_"})
  void refusesOrdersThatAreNotTrueOrFalse(String truth) {
    assertRefused(
        "{'descr': '<f4', 'fortran_order': %s, 'shape': (3, 4), }".formatted(truth),
        truth.equals("not False") ? "has 'n'" : "expected True or False as fortran_order");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{};lacks the key 'descr'",
        "{'descr': '<f4'};lacks the key 'fortran_order'",
        "{'descr': '<f4', 'fortran_order': False};lacks the key 'shape'",
        "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': ()};'descr' twice",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1};unknown key 'x'",
        "{'Descr': '<f4', 'fortran_order': False, 'shape': ()};unknown key 'Descr'",
        "{'descr': '<f4',, 'fortran_order': False, 'shape': ()};expected a key in quotes or '}'",
        "{, 'descr': '<f4', 'fortran_order': False, 'shape': ()};expected a key in quotes or '}'",
        "{'descr': '<f4' 'fortran_order': False, 'shape': ()};expected one string",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ();the header ends at byte",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}};nothing but blanks after '}'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()} # x;nothing but blanks after '}'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}.copy();nothing but blanks",
        "{**{'descr': '<f4'}, 'fortran_order': False, 'shape': ()};expected a key in quotes",
        "{descr: '<f4', 'fortran_order': False, 'shape': ()};expected a key in quotes or '}'",
        "dict(descr='<f4', fortran_order=False, shape=());has 'd' at byte 10, expected '{'",
        "({'descr': '<f4', 'fortran_order': False, 'shape': ()});has '(' at byte 10, expected '{'",
        "[];expected '{'",
        "`` ;the header ends at byte 10, expected '{'",
      })
  void refusesOtherDictionaries(String literal, String message) {
    assertRefused(literal.replace("``", ""), message);
  }

  @Test
  void refusesBytesThatAreNotAscii() {
    assertRefused("{'descr': '<f4é', }", "has the byte 0xe9, expected ASCII (at byte 24)");
  }

  @Test
  void quotesHostileTextOnOneHarmlessLine() {
    assertThatThrownBy(() -> NpyBytes.parse(NpyBytes.header(1, "{'\u001b[2J\u0007': 1}")))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("unknown key '\\u001b[2J\\u0007'");
    assertThatThrownBy(() -> NpyBytes.parse(NpyBytes.header(1, "{'" + "k".repeat(500) + "': 1}")))
        .message()
        .hasSizeLessThan(150);
  }

  @Test
  void refusesOtherFilesAndVersions() {
    assertFileRefused(new byte[0], "x.npy: ends at byte 0, expected a .npy header");
    assertFileRefused("hello, world".getBytes(StandardCharsets.US_ASCII), "begins with 'hello, w'");
    byte[] file = NpyBytes.header(1, SOUND);
    for (int version : new int[] {0, 4, 255}) {
      byte[] other = file.clone();
      other[6] = (byte) version;
      assertFileRefused(other, "is of .npy version " + version + ".0, expected 1.0, 2.0 or 3.0");
    }
    byte[] minor = file.clone();
    minor[7] = 1;
    assertFileRefused(minor, "is of .npy version 1.1");
  }

  @Test
  void refusesAHeaderCutAnywhere() {
    byte[] file = NpyBytes.header(2, SOUND);
    for (int length = 0; length < file.length; length++) {
      assertFileRefused(Arrays.copyOf(file, length), "x.npy: ends at byte " + length);
    }
  }

  @Test
  void refusesHeaderLengthsThatLie() {
    byte[] literal = SOUND.getBytes(StandardCharsets.US_ASCII);
    assertFileRefused(NpyBytes.header(1, literal.length + 1, literal), "expected a .npy header");
    assertFileRefused(NpyBytes.header(1, literal.length - 8, literal), "the header ends at byte");
    assertFileRefused(NpyBytes.header(1, 0, literal), "the header ends at byte 10");
    assertFileRefused(
        NpyBytes.header(2, 0x7fffffff, literal), "says its header has 2147483647 bytes");
    assertFileRefused(NpyBytes.header(3, -1, literal), "says its header has 4294967295 bytes");
  }

  @Test
  void readsAHeaderOfTheLargestSizeAndNoLarger() throws IOException {
    String padded = SOUND + " ".repeat(NpyHeader.MAX_HEADER_BYTES - SOUND.length());
    assertThat(NpyBytes.parse(NpyBytes.header(2, padded)).shape()).containsExactly(3L, 4L);
    assertFileRefused(NpyBytes.header(2, padded + " "), "says its header has 65536 bytes");
  }

  @Test
  void mutatedHeadersAreReadOrRefusedAndNothingElse() throws IOException {
    Random random = new Random(20240607);
    String tokens = "{}()[],:'\"<>|=-+0123456789LTrueFalsOdcpihnk_ \n\\\u0000\u00ff";
    int read = 0;
    for (int round = 0; round < 50_000; round++) {
      byte[] file = NpyBytes.header(1 + random.nextInt(3), SOUND);
      for (int change = random.nextInt(4); change >= 0; change--) {
        file[random.nextInt(file.length)] =
            (byte)
                (random.nextBoolean()
                    ? random.nextInt(256)
                    : tokens.charAt(random.nextInt(tokens.length())));
      }
      try {
        NpyHeader header = NpyBytes.parse(file);
        assertThat(header.fileBytes()).isGreaterThanOrEqualTo(header.dataOffset());
        read++;
      } catch (InvalidDataException e) {
        assertThat(e).hasMessageStartingWith("x.npy: ");
      }
    }
    assertThat(read).as("rounds that left a sound header").isBetween(100, 49_900);
  }

  @Test
  void theConstructorRefusesWhatNoFileCanBe() {
    assertThatThrownBy(
            () ->
                new NpyHeader(
                    NumericType.INT8, ByteOrder.nativeOrder(), ArrayOrder.C, List.of(-1L), 128))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("negative");
  }

  private static void assertRefused(String literal, String message) {
    assertFileRefused(NpyBytes.header(1, literal), message);
  }

  private static void assertFileRefused(byte[] file, String message) {
    assertThatThrownBy(() -> NpyBytes.parse(file))
        .isExactlyInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith("x.npy: ")
        .hasMessageContaining(message);
  }
}
