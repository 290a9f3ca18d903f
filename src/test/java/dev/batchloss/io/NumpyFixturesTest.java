package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads what NumPy wrote: every type in both byte orders and both array orders. */
class NumpyFixturesTest {
  @TempDir Path folder;

  static Stream<String> members() {
    return Stream.of("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
        .flatMap(type -> Stream.of("little", "big").map(order -> type + "_" + order))
        .filter(name -> !name.endsWith("1_big"))
        .flatMap(name -> Stream.of(name + "_C", name + "_F"));
  }

  @ParameterizedTest
  @MethodSource("members")
  void readsEveryTypeAndOrder(String member) throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("types.npz") + ":" + member)) {
      NpyHeader header = file.header();

      assertThat(file.shape()).containsExactly(3L, 5L);
      assertThat(header.type().descriptor()).isEqualTo(member.substring(0, 2));
      assertThat(header.arrayOrder())
          .isEqualTo(member.endsWith("C") ? ArrayOrder.C : ArrayOrder.FORTRAN);
      if (header.type().bytes() > 1) {
        assertThat(header.byteOrder())
            .isEqualTo(member.contains("big") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
      }
      MemorySegment values = readAll(file);
      for (int k = 0; k < 15; k++) {
        assertThat(header.type().toDouble(values, k))
            .as("element %d", k)
            .isEqualTo(Double.valueOf(expected(header.type(), k)));
      }
    }
  }

  private static double expected(NumericType type, int k) {
    if (type.isFloating()) {
      return switch (k) {
        case 1 -> Double.NaN;
        case 2 -> Double.POSITIVE_INFINITY;
        case 3 -> Double.NEGATIVE_INFINITY;
        case 4 -> -0.0;
        default -> (k - 7) * 0.25;
      };
    }
    if (type == NumericType.BOOL) {
      return k % 3 == 0 ? 1 : 0;
    }
    boolean signed = type.descriptor().startsWith("i");
    int bits = type.bytes() * 8 - (signed ? 1 : 0);
    return switch (k) {
      case 0 -> signed ? -Math.scalb(1.0, bits) : 0;
      case 14 -> bits < 53 ? Math.scalb(1.0, bits) - 1 : Math.scalb(1.0, bits);
      default -> signed ? k - 7 : k;
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"version1.npy", "version2.npy", "version3.npy", "fortran3d.npy"})
  void readsEveryVersion(String name) throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path(name))) {
      assertThat(file.shape()).containsExactly(2L, 3L, 4L);
      float[] values = new float[24];
      file.read(new long[3], new long[] {2, 3, 4}, MemorySegment.ofArray(values));
      for (int k = 0; k < 24; k++) {
        assertThat(values[k]).isEqualTo(k);
      }
    }
  }

  @Test
  void readsScalarsVectorsAndEmptyArrays() throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("scalar.npy"))) {
      assertThat(file.shape()).isEmpty();
      assertThat(file.type().toDouble(readAll(file), 0)).isEqualTo(2.5);
    }
    try (NumericFile file = NumericFile.open(Fixtures.path("vector.npy"))) {
      assertThat(file.shape()).containsExactly(5L);
      long[] two = new long[2];
      file.read(new long[] {2}, new long[] {2}, MemorySegment.ofArray(two));
      assertThat(two).containsExactly(2, 3);
    }
    try (NumericFile file = NumericFile.open(Fixtures.path("empty.npy"))) {
      assertThat(file.shape()).containsExactly(0L, 10L);
      file.read(new long[2], new long[] {0, 10}, MemorySegment.ofArray(new float[0]));
    }
  }

  @Test
  void readsUint16AsBfloat16OnRequestOnly() throws IOException {
    try (NumericFile plain = NumericFile.open(Fixtures.path("bfloat16.npy"))) {
      assertThat(plain.type()).isEqualTo(NumericType.UINT16);
      NumericFile file = plain.reinterpretUint16AsBfloat16();
      assertThat(file.type()).isEqualTo(NumericType.BFLOAT16);
      Matrix row =
          file.readMatrix(new long[1], new long[] {4}, 0, MemorySegment.ofArray(new short[4]));
      assertThat(row.type()).isEqualTo(ElementType.BFLOAT16);
      assertThat(List.of(row.get(0, 0), row.get(0, 1), row.get(0, 2), row.get(0, 3)))
          .containsExactly(1.0, -2.5, 3.140625, Double.POSITIVE_INFINITY);
    }
    try (NumericFile file = NumericFile.open(Fixtures.path("vector.npy"))) {
      assertThatThrownBy(file::reinterpretUint16AsBfloat16)
          .isInstanceOf(InvalidDataException.class)
          .hasMessage(
              file.name() + ": has elements of type int64, expected uint16 to read as bfloat16");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":logits", ":logits.npy"})
  void readsTheOnlyMemberWithAndWithoutItsName(String member) throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("single.npz") + member)) {
      assertThat(file.name()).isEqualTo(Fixtures.path("single.npz") + ":logits.npy");
      assertThat(file.type().toDouble(readAll(file), 14)).isEqualTo(1.75);
    }
  }

  @Test
  void readsDeflatedMembersInFoldersAndLeavesNoTemporaryFile() throws IOException {
    Set<Path> before = temporaryFiles();
    Path archive = Fixtures.path("deflated.npz");
    try (NumericFile file = NumericFile.open(archive + ":folder/f4")) {
      assertThat(file.type().toDouble(readAll(file), 14)).isEqualTo(1.75);
    }
    try (NumericFile file = NumericFile.open(archive + ":i8")) {
      assertThat(file.type().toLong(readAll(file), 14)).isEqualTo(Long.MAX_VALUE);
    }
    try (NumericFile file = NumericFile.open(archive + ":long.npy")) {
      assertThat(file.shape()).containsExactly(300L, 1000L);
    }
    assertThat(temporaryFiles()).isEqualTo(before);
  }

  private static Set<Path> temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(path -> path.getFileName().toString().startsWith("batchloss-"))
          .collect(Collectors.toSet());
    }
  }

  @Test
  void writesTheBytesNumpyWrites() throws IOException {
    Path mine = folder.resolve("mine.npy");
    for (String name :
        List.of("version1.npy", "scalar.npy", "empty.npy", "vector.npy", "aligned.npy")) {
      try (NumericFile numpy = NumericFile.open(Fixtures.path(name))) {
        long[] shape = numpy.shape().stream().mapToLong(Long::longValue).toArray();
        try (NpyWriter writer = NpyWriter.create(mine, numpy.type(), shape)) {
          writer.write(0, readAll(numpy));
          writer.commit();
        }
      }
      assertThat(mine).hasSameBinaryContentAs(Fixtures.path(name));
    }
    try (NumericFile numpy = NumericFile.open(Fixtures.path("bfloat16.npy"));
        NpyWriter writer = NpyWriter.create(mine, NumericType.BFLOAT16, 4)) {
      writer.write(0, readAll(numpy));
      writer.commit();
    }
    assertThat(mine).hasSameBinaryContentAs(Fixtures.path("bfloat16.npy"));
  }

  private static MemorySegment readAll(NumericFile file) throws IOException {
    long[] shape = file.shape().stream().mapToLong(Long::longValue).toArray();
    MemorySegment into = Arena.ofAuto().allocate(file.header().bytes());
    file.read(new long[shape.length], shape, into);
    return into;
  }
}
