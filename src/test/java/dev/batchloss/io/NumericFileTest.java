package dev.batchloss.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.InvalidDataException;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NumericFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void readsAnyRegionOfAnyShape(ArrayOrder order) throws IOException {
    Random random = new Random(17);
    for (int round = 0; round < 40; round++) {
      int[] shape = shape(random);
      int width = 1 << random.nextInt(4);
      ByteOrder byteOrder = random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      Path path = write(shape, width, order, byteOrder);
      try (NumericFile file = NumericFile.open(path);
          Arena arena = Arena.ofConfined()) {
        for (int region = 0; region < 6; region++) {
          long[] from = new long[shape.length];
          long[] count = new long[shape.length];
          for (int axis = 0; axis < shape.length; axis++) {
            boolean whole = random.nextInt(3) == 0;
            from[axis] = whole ? 0 : random.nextInt(shape[axis] + 1);
            count[axis] = whole ? shape[axis] : random.nextInt(shape[axis] - (int) from[axis] + 1);
          }
          int elements = (int) Arrays.stream(count).reduce(1, (a, b) -> a * b);
          MemorySegment into =
              region % 2 == 0
                  ? arena.allocate((long) elements * width + 3).asSlice(3)
                  : MemorySegment.ofArray(new byte[elements * width]);
          file.read(from, count, into);
          assertRegion(shape, from, count, width, into);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"60000, 1, 20", "9, 1100, 211", "700, 3, 1000"})
  void aFortranOrderFileIsReadInTilesAlongEveryAxis(int first, int middle, int last)
      throws IOException {
    int[] shape = {first, middle, last};
    long[] count = {first, middle, last};
    Path path = write(shape, 8, ArrayOrder.FORTRAN, ByteOrder.LITTLE_ENDIAN);
    try (NumericFile file = NumericFile.open(path);
        Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(file.header().bytes());
      assertThat(into.byteSize()).isGreaterThan(2 * StagingBuffers.BYTES);
      file.read(new long[3], count, into);
      assertRegion(shape, new long[3], count, 8, into);
    }
  }

  /** Shapes of one to five axes; one in four too large for a staging buffer at once. */
  private static int[] shape(Random random) {
    if (random.nextInt(4) == 0) {
      int[][] large = {{3000, 700}, {700, 3001}, {9, 1100, 211}, {2_100_000}, {1_000_000, 2}};
      return large[random.nextInt(large.length)];
    }
    return IntStream.range(0, 1 + random.nextInt(5)).map(i -> 1 + random.nextInt(9)).toArray();
  }

  /** Writes an array in which every element is the low bits of its number in C order. */
  private Path write(int[] shape, int width, ArrayOrder order, ByteOrder byteOrder)
      throws IOException {
    String lengths =
        Arrays.stream(shape).mapToObj(length -> length + ",").collect(Collectors.joining(" "));
    String literal =
        "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }"
            .formatted(
                (byteOrder == ByteOrder.BIG_ENDIAN ? ">i" : "<i") + width,
                order == ArrayOrder.FORTRAN ? "True" : "False",
                lengths);
    byte[] header = NpyBytes.header(1, literal);
    int elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(header.length + elements * width).order(byteOrder);
    bytes.put(header);
    for (int k = 0; k < elements; k++) {
      int place = order == ArrayOrder.C ? k : fortranPlace(k, shape);
      put(bytes, header.length + place * width, width, k);
    }
    return Files.write(folder.resolve("array.npy"), bytes.array());
  }

  private static int fortranPlace(int k, int[] shape) {
    int place = 0;
    int stride = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    int rest = k;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      stride /= shape[axis];
      place += rest % shape[axis] * stride;
      rest /= shape[axis];
    }
    return place;
  }

  private static void put(ByteBuffer bytes, int at, int width, int value) {
    switch (width) {
      case 1 -> bytes.put(at, (byte) value);
      case 2 -> bytes.putShort(at, (short) value);
      case 4 -> bytes.putInt(at, value);
      default -> bytes.putLong(at, value * 0x100000001L);
    }
  }

  private static long get(MemorySegment segment, int width, long index) {
    return switch (width) {
      case 1 -> segment.get(ValueLayout.JAVA_BYTE, index);
      case 2 -> segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2);
      case 4 -> segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
      default -> segment.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8);
    };
  }

  private static void assertRegion(
      int[] shape, long[] from, long[] count, int width, MemorySegment into) {
    long elements = Arrays.stream(count).reduce(1, (a, b) -> a * b);
    for (long k = 0; k < elements; k++) {
      long rest = k;
      long wanted = 0;
      long stride = 1;
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        wanted += (from[axis] + rest % count[axis]) * stride;
        stride *= shape[axis];
        rest /= count[axis];
      }
      long value =
          switch (width) {
            case 1 -> (byte) wanted;
            case 2 -> (short) wanted;
            case 4 -> (int) wanted;
            default -> (int) wanted * 0x100000001L;
          };
      if (get(into, width, k) != value) {
        assertThat(get(into, width, k))
            .as(
                "element %d of region from %s count %s of %s, %d bytes each",
                k, Arrays.toString(from), Arrays.toString(count), Arrays.toString(shape), width)
            .isEqualTo(value);
      }
    }
  }

  @Test
  void aMatrixHasTheAxesBeforeAndAfterTheClasses() throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("fortran3d.npy"))) {
      float[] values = new float[12];

      Matrix matrix =
          file.readMatrix(
              new long[] {0, 1, 1}, new long[] {2, 2, 3}, 1, MemorySegment.ofArray(values));

      assertThat(matrix.outer()).isEqualTo(2);
      assertThat(matrix.classes()).isEqualTo(2);
      assertThat(matrix.inner()).isEqualTo(3);
      assertThat(matrix.get(3 + 2, 1)).isEqualTo(12 + 2 * 4 + 3);
    }
  }

  @Test
  void onlyFloatingPointNumbersMakeAMatrix() throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("vector.npy"))) {
      assertThatThrownBy(
              () ->
                  file.readMatrix(
                      new long[1], new long[] {5}, 0, MemorySegment.ofArray(new long[5])))
          .isInstanceOf(InvalidDataException.class)
          .hasMessage(
              file.name() + ": has elements of type int64, expected floating-point numbers");
    }
  }

  @Test
  void refusesRegionsOutsideTheArray() throws IOException {
    try (NumericFile file = NumericFile.open(Fixtures.path("version1.npy"))) {
      MemorySegment into = MemorySegment.ofArray(new float[24]);
      assertThatThrownBy(() -> file.read(new long[] {0, 1, 0}, new long[] {2, 3, 4}, into))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("axis 1: 3 elements from 1 on do not lie in 0..3");
      assertThatThrownBy(
              () -> file.read(new long[] {0, Long.MAX_VALUE, 0}, new long[] {2, 3, 4}, into))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> file.read(new long[] {-1, 0, 0}, new long[] {1, 1, 1}, into))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> file.read(new long[2], new long[2], into))
          .hasMessage("from has 2 axes and count 2, the array has 3");
      assertThatThrownBy(() -> file.read(new long[3], new long[] {2, 3, 4}, into.asSlice(0, 95)))
          .hasMessage("into has 95 bytes, the region needs 96");
    }
  }

  @Test
  void refusesFilesThatAreTooShortOrTooLong() throws IOException {
    byte[] sound = NpyBytes.zeros("<f4", "(3, 4)", 48);
    Path path = folder.resolve("bad.npy");
    int header = sound.length - 48;
    for (int length = 0; length < sound.length; length++) {
      Files.write(path, Arrays.copyOf(sound, length));
      String expected =
          length < header
              ? ": ends at byte " + length + ", expected a .npy header"
              : ": ends at byte %d, expected %d bytes: a header of %d and 3×4 float32"
                  .formatted(length, sound.length, header);
      assertBad(path.toString(), path + expected);
    }
    Files.write(path, Arrays.copyOf(sound, sound.length + 1));
    assertBad(
        path.toString(),
        path + ": ends at byte %d, expected %d bytes".formatted(sound.length + 1, sound.length));
  }

  @Test
  void aHugeShapeCostsNothing() throws IOException {
    Path path = folder.resolve("huge.npy");
    Files.write(path, NpyBytes.zeros("|u1", "(9000000000000000000,)", 10));
    assertBad(path.toString(), path + ": ends at byte");
  }

  @Test
  void aFileCutShortWhileItIsReadIsAnErrorThatNamesThePlace() throws IOException {
    Path path = folder.resolve("cut.npy");
    byte[] whole = NpyBytes.zeros("<f8", "(1000, 10)", 80_000);
    Files.write(path, whole);
    try (NumericFile file = NumericFile.open(path);
        Arena arena = Arena.ofConfined()) {
      try (FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
        other.truncate(50_000);
      }
      MemorySegment into = arena.allocate(80_000);
      file.read(new long[2], new long[] {500, 10}, into);
      for (MemorySegment target :
          new MemorySegment[] {into, MemorySegment.ofArray(new long[10_000])}) {
        assertThatThrownBy(() -> file.read(new long[2], new long[] {1000, 10}, target))
            .isInstanceOf(InvalidDataException.class)
            .hasMessage(
                "%s: ends at byte 50000, expected %d bytes; it was cut short while it was read"
                    .formatted(path, whole.length));
      }
      assertThatThrownBy(() -> Inspection.of(file)).hasMessageContaining("ends at byte 50000");
    }
  }

  @Test
  void aFileDeletedWhileItIsReadStaysReadableOrIsAnErrorThatNamesIt() throws IOException {
    Path path = folder.resolve("deleted.npy");
    Files.write(path, NpyBytes.zeros("<f8", "(10,)", 80));
    try (NumericFile file = NumericFile.open(path)) {
      Files.delete(path);
      double[] values = new double[10];
      Arrays.fill(values, 1);
      try {
        file.read(new long[1], new long[] {10}, MemorySegment.ofArray(values));
        assertThat(values).containsOnly(0);
      } catch (IOException | InvalidDataException e) {
        assertThat(e).hasMessageStartingWith(path.toString());
      }
    }
  }

  @Test
  void useAfterCloseIsAnError() throws IOException {
    NumericFile file = NumericFile.open(Fixtures.path("version1.npy"));
    file.close();
    file.close();
    assertThatThrownBy(
            () ->
                file.read(new long[3], new long[] {2, 3, 4}, MemorySegment.ofArray(new float[24])))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(file.name() + ": is closed");
  }

  @ParameterizedTest
  @CsvSource({"missing.npy", "missing.npz:logits", "a:b:c"})
  void aMissingFileIsNamedAsGiven(String name) {
    String spec = folder + "/" + name;
    assertThatThrownBy(() -> NumericFile.open(spec))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessage(spec);
  }

  @Test
  void refusesWhatIsNoFile() {
    assertThatThrownBy(() -> NumericFile.open(folder))
        .isInstanceOf(FileSystemException.class)
        .hasMessage(folder + ": is not a regular file");
    assertThatThrownBy(() -> NumericFile.open("a\0b")).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void refusesFilesOfOtherFormats() throws IOException {
    Path path = Files.writeString(folder.resolve("x.npy"), "0.1,0.9\n0.2,0.8\n");
    assertBad(
        path.toString(),
        path + ": begins with '0.1,0.9\\u000a', expected the start of a .npy or .npz file");
    Files.write(path, new byte[0]);
    assertBad(path.toString(), path + ": ends at byte 0");
  }

  @Test
  void aPathThatExistsIsNotTakenApart() throws IOException {
    byte[] sound = NpyBytes.zeros("<f4", "(3,)", 12);
    Path plain = Files.write(folder.resolve("a.npz"), sound);
    Path colon = Files.write(folder.resolve("a.npz:b"), sound);
    Files.copy(Fixtures.path("single.npz"), folder.resolve("c:d.npz"));

    try (NumericFile file = NumericFile.open(colon.toString())) {
      assertThat(file.path()).isEqualTo(colon);
    }
    try (NumericFile file = NumericFile.open(folder + "/c:d.npz:logits")) {
      assertThat(file.path()).isEqualTo(folder.resolve("c:d.npz"));
    }
    assertBad(plain + ":c", plain + ": is not a .npz archive, expected one with a member 'c'");
  }

  @Test
  void manyThreadsReadOneFile() throws IOException {
    Path path = write(new int[] {3000, 700}, 4, ArrayOrder.FORTRAN, ByteOrder.BIG_ENDIAN);
    try (NumericFile file = NumericFile.open(path)) {
      IntStream.range(0, 40)
          .parallel()
          .forEach(
              part -> {
                long[] from = {part * 75L, part};
                long[] count = {75, 600};
                MemorySegment into = MemorySegment.ofArray(new int[75 * 600]);
                try {
                  file.read(from, count, into);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
                assertRegion(new int[] {3000, 700}, from, count, 4, into);
              });
    }
  }

  private static void assertBad(String spec, String message) {
    assertThatThrownBy(() -> NumericFile.open(spec))
        .isExactlyInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(message);
  }
}
