package dev.batchloss.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The factories, where an element stands, and what is refused. */
class MatrixTest {
  private static final ByteOrder OTHER_ORDER =
      ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
          ? ByteOrder.LITTLE_ENDIAN
          : ByteOrder.BIG_ENDIAN;

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  @Test
  void mappedFilesAreKnownBehindBuffersAndSlices(@TempDir Path folder) throws IOException {
    Path file = Files.write(folder.resolve("zeros"), new byte[4 * Float.BYTES]);
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer bytes =
          channel.map(MapMode.READ_ONLY, 0, 4 * Float.BYTES).order(ByteOrder.nativeOrder());
      Matrix floats = Matrix.of(bytes.asFloatBuffer(), 2, 2);
      assertThat(floats.mayBeMapped()).isTrue();
      assertThat(floats.outerSlice(1, 2).mayBeMapped()).isTrue();
      assertThat(Matrix.of(bytes, ElementType.FLOAT32, 2, 2).mayBeMapped()).isTrue();
    }
    assertThat(Matrix.of(direct(16), ElementType.FLOAT32, 2, 2).mayBeMapped()).isFalse();
    assertThat(Matrix.of(FloatBuffer.allocate(4), 2, 2).mayBeMapped()).isFalse();
    assertThat(Matrix.of(new float[4], 2, 2).outerSlice(0, 1).mayBeMapped()).isFalse();
  }

  /** Numbers 0, 1, 2 … in memory order, read row by row. */
  private static void assertRows(Matrix matrix, double[]... rows) {
    assertThat(matrix.rows()).isEqualTo(rows.length);
    for (int r = 0; r < rows.length; r++) {
      double[] row = new double[matrix.classes()];
      for (int c = 0; c < row.length; c++) {
        row[c] = matrix.get(r, c);
      }
      assertThat(row).as("row %d", r).containsExactly(rows[r]);
    }
  }

  @Test
  void viewsArraysWithoutCopying() {
    float[] floats = {0, 1, 2, 3, 4, 5};
    Matrix ofFloats = Matrix.of(floats, 2, 3);
    assertRows(ofFloats, new double[] {0, 1, 2}, new double[] {3, 4, 5});
    assertThat(ofFloats.array()).isSameAs(floats);
    assertThat(ofFloats.type()).isEqualTo(ElementType.FLOAT32);
    ofFloats.set(1, 2, 9);
    assertThat(floats[5]).isEqualTo(9);

    double[] doubles = {0, 1, 2, 3};
    assertRows(Matrix.of(doubles, 2, 2), new double[] {0, 1}, new double[] {2, 3});
    assertThat(Matrix.of(doubles, 2, 2).type()).isEqualTo(ElementType.FLOAT64);

    short[] halves = {Float.floatToFloat16(1.5f), Float.floatToFloat16(-2)};
    assertRows(Matrix.of(halves, ElementType.FLOAT16, 1, 2), new double[] {1.5, -2});
    short[] brains = {0x3fc0, (short) 0xc000};
    assertRows(Matrix.of(brains, ElementType.BFLOAT16, 1, 2), new double[] {1.5, -2});
  }

  @Test
  void viewsTheRemainingElementsOfBuffers() {
    FloatBuffer floats = direct(16).asFloatBuffer().put(new float[] {7, 1, 2, 7});
    assertRows(Matrix.of(floats.position(1).limit(3), 1, 2), new double[] {1, 2});
    assertRows(
        Matrix.of(FloatBuffer.wrap(new float[] {1, 2}), 2, 1), new double[] {1}, new double[] {2});
    DoubleBuffer doubles = direct(16).asDoubleBuffer().put(new double[] {7, 1});
    assertRows(Matrix.of(doubles.position(1), 1, 1), new double[] {1});
    ShortBuffer shorts = direct(4).asShortBuffer().put(new short[] {0x3c00, 0x3f80});
    assertRows(Matrix.of(shorts.flip(), ElementType.FLOAT16, 1, 1), new double[] {1});
    assertRows(Matrix.of(shorts.position(1), ElementType.BFLOAT16, 1, 1), new double[] {1});
  }

  @Test
  void readsByteBuffersInNativeOrderWhateverTheySay() {
    ByteBuffer bytes = direct(12);
    bytes.putFloat(4, 1).putFloat(8, 2);
    bytes.order(OTHER_ORDER).position(4);
    assertRows(Matrix.of(bytes, ElementType.FLOAT32, 1, 2), new double[] {1, 2});
  }

  @Test
  void refusesBuffersOfTheOtherOrder() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(16).order(OTHER_ORDER);
    String message =
        "the buffer is " + OTHER_ORDER + ", this machine is " + ByteOrder.nativeOrder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(bytes.asFloatBuffer(), 1, 1))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(bytes.asDoubleBuffer(), 1, 1))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(bytes.asShortBuffer(), ElementType.FLOAT16, 1, 1))
        .withMessage(message);
  }

  @Test
  void refusesTypesThatDoNotFitTheArray() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(new short[2], ElementType.FLOAT32, 1, 1))
        .withMessage("short[] holds 2-byte elements, FLOAT32 has 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(ShortBuffer.allocate(4), ElementType.FLOAT64, 1, 1))
        .withMessage("ShortBuffer holds 2-byte elements, FLOAT64 has 8");
  }

  @Test
  void viewsAlignedAndUnalignedSegments() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[13]);
    Matrix matrix = Matrix.of(bytes.asSlice(1), ElementType.FLOAT32, 1, 3);
    matrix.set(0, 2, 4);
    assertRows(matrix, new double[] {0, 0, 4});
  }

  @Test
  void theClassAxisMayStandInTheMiddle() {
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Matrix matrix = Matrix.of(values, 2, 3, 2);
    assertRows(
        matrix,
        new double[] {0, 2, 4},
        new double[] {1, 3, 5},
        new double[] {6, 8, 10},
        new double[] {7, 9, 11});
    assertThat(matrix.rowOffset(3)).isEqualTo(7);
    assertThat(matrix).hasToString("FLOAT32 2×3×2");
    double[] doubles = {0, 1, 2, 3, 4, 5};
    assertRows(
        Matrix.of(doubles, 1, 2, 3), new double[] {0, 3}, new double[] {1, 4}, new double[] {2, 5});
  }

  @Test
  void copiesRowsOfArrays() {
    float[][] floats = {{1, 2}, {3, 4}};
    Matrix copy = Matrix.copyOf(floats);
    floats[0][0] = 9;
    assertRows(copy, new double[] {1, 2}, new double[] {3, 4});
    assertRows(Matrix.copyOf(new double[][] {{1}, {2}}), new double[] {1}, new double[] {2});
    assertThat(Matrix.copyOf(new float[0][])).hasToString("FLOAT32 0×0");
    assertThat(Matrix.copyOf(new double[3][0])).hasToString("FLOAT64 3×0");
  }

  @Test
  void refusesToCopyRowsOfDifferentLengthsOrTooMany() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.copyOf(new float[][] {{1, 2}, {3}}))
        .withMessage("row 1 has 1 values, row 0 has 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.copyOf(new double[][] {{}, {3}}))
        .withMessage("row 1 has 1 values, row 0 has 0");
    float[][] sameRow = new float[1 << 16][];
    Arrays.fill(sameRow, new float[1 << 15]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.copyOf(sameRow))
        .withMessage("65536 rows of 32768 values do not fit one array");
  }

  @Test
  void stridesPlaceTheElements() {
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7};
    Matrix padded = Matrix.of(values, 2, 3).withStrides(4, 1, 1);
    assertRows(padded, new double[] {0, 1, 2}, new double[] {4, 5, 6});
    Matrix transposed = Matrix.of(values, 2, 3).withStrides(1, 2, 1);
    assertRows(transposed, new double[] {0, 2, 4}, new double[] {1, 3, 5});
    Matrix repeated = Matrix.of(values, 2, 3).withStrides(0, 2, 0);
    assertRows(repeated, new double[] {0, 2, 4}, new double[] {0, 2, 4});
    Matrix all =
        Matrix.strided(MemorySegment.ofArray(values), ElementType.FLOAT32, 2, 2, 2, 1, 4, 2);
    assertRows(
        all, new double[] {0, 4}, new double[] {2, 6}, new double[] {1, 5}, new double[] {3, 7});
    assertThat(all.outerStride()).isEqualTo(1);
    assertThat(all.classStride()).isEqualTo(4);
    assertThat(all.innerStride()).isEqualTo(2);
  }

  @Test
  void refusesMemoryThatIsTooSmall() {
    assertThat(Matrix.of(new float[6], 2, 3).rows()).isEqualTo(2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(new float[5], 2, 3))
        .withMessage(
            "a matrix of 2×3×1 FLOAT32 with strides 3, 1, 1 needs 24 bytes, the memory has 20");
    Matrix matrix = Matrix.of(new float[7], 2, 3);
    assertThat(matrix.withStrides(4, 1, 1).get(1, 2)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> matrix.withStrides(5, 1, 1))
        .withMessageContaining("strides 5, 1, 1 needs 32 bytes, the memory has 28");
  }

  @Test
  void refusesNegativeNumbers() {
    MemorySegment memory = MemorySegment.ofArray(new float[8]);
    ElementType type = ElementType.FLOAT32;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(memory, type, -1, 2))
        .withMessage("outer is -1, must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(memory, type, 1, -2))
        .withMessage("classes is -2, must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Matrix.of(memory, type, 1, 2, -3))
        .withMessage("inner is -3, must not be negative");
    Matrix matrix = Matrix.of(memory, type, 2, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> matrix.withStrides(-1, 1, 1))
        .withMessage("outerStride is -1, must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> matrix.withStrides(1, -1, 1))
        .withMessage("classStride is -1, must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> matrix.withStrides(1, 1, -1))
        .withMessage("innerStride is -1, must not be negative");
  }

  @Test
  void refusesShapesWhoseSizeOverflows() {
    MemorySegment memory = MemorySegment.ofArray(new float[8]);
    ElementType type = ElementType.FLOAT32;
    long[][] shapes = {
      {Long.MAX_VALUE, 2, 1},
      {1L << 62, 4, 1},
      {1L << 61, 2, 1},
      {2, 2, Long.MAX_VALUE},
      {1L << 32, 0, 1L << 32}
    };
    for (long[] shape : shapes) {
      assertThatIllegalArgumentException()
          .as("%s", Arrays.toString(shape))
          .isThrownBy(() -> Matrix.of(memory, type, shape[0], (int) shape[1], shape[2]));
    }
    long[][] strides = {
      {Long.MAX_VALUE, 1, 1}, {1, Long.MAX_VALUE, 1}, {1L << 62, 1L << 62, 1}, {1L << 61, 1, 1}
    };
    for (long[] stride : strides) {
      assertThatIllegalArgumentException()
          .as("%s", Arrays.toString(stride))
          .isThrownBy(() -> Matrix.strided(memory, type, 2, 2, 1, stride[0], stride[1], stride[2]))
          .withMessageMatching("(?s).*(beyond 2\\^63|needs .* bytes).*");
    }
  }

  @Test
  void refusesIndicesOutsideTheShape() {
    Matrix matrix = Matrix.of(new float[8], 2, 3);
    long[][] outside = {{-1, 0}, {2, 0}, {0, -1}, {0, 3}};
    for (long[] place : outside) {
      assertThatThrownBy(() -> matrix.get(place[0], (int) place[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> matrix.set(place[0], (int) place[1], 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void reachesBeyondTwoToTheThirtyTwoElements(@TempDir Path folder) throws IOException {
    long rows = (1L << 32) / 10 + 1;
    Path file = folder.resolve("sparse");
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.SPARSE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory;
      try {
        memory = channel.map(MapMode.READ_WRITE, 0, rows * 10 * 2, arena);
      } catch (IOException e) {
        assumeTrue(false, "no sparse file of 8 GiB can be made here: " + e.getMessage());
        return;
      }
      Matrix matrix = Matrix.of(memory, ElementType.BFLOAT16, rows, 10);
      matrix.set(rows - 1, 9, 2.5);
      assertThat(matrix.get(rows - 1, 9)).isEqualTo(2.5);
      assertThat(matrix.get(0, 9)).isZero();
      assertThat(ElementType.BFLOAT16.get(memory, rows * 10 - 1)).isEqualTo(2.5);
      assertThat(matrix.outerSlice(rows - 1, rows).get(0, 9)).isEqualTo(2.5);
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
