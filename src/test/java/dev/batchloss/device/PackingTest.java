package dev.batchloss.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackingTest {
  private static final byte UNTOUCHED = 0x5a;

  /** Where the memory of a view may be. */
  enum Memory {
    FLOATS,
    BYTES,
    NATIVE;

    MemorySegment allocate(long bytes) {
      return switch (this) {
        case FLOATS -> MemorySegment.ofArray(new float[(int) Math.ceilDiv(bytes, 4)]);
        case BYTES -> MemorySegment.ofArray(new byte[(int) bytes + 3]).asSlice(3);
        case NATIVE -> Arena.ofAuto().allocate(bytes + 1).asSlice(1);
      };
    }
  }

  /** The axes in any order in memory, with any gaps. */
  @Property(tries = 3000)
  void packsInTheOrderOfRowsAndBack(
      @ForAll Memory memory,
      @ForAll ElementType type,
      @ForAll @IntRange(max = 4) int outer,
      @ForAll @IntRange(min = 1, max = 40) int classes,
      @ForAll @IntRange(max = 40) int inner,
      @ForAll @IntRange(max = 5) int order,
      @ForAll @IntRange(max = 1) int gap) {
    Matrix view = arranged(memory, type, outer, classes, inner, order, gap);
    requireRoundTrip(view);
  }

  /** Longer than a block. */
  @Test
  void packsLongAxes() {
    for (int order = 0; order < 6; order++) {
      for (ElementType type : ElementType.values()) {
        requireRoundTrip(arranged(Memory.NATIVE, type, 2, 2500, 1, order, 1));
        requireRoundTrip(arranged(Memory.NATIVE, type, 2, 3, 2500, order, 0));
        requireRoundTrip(arranged(Memory.NATIVE, type, 1200, 3, 1, order, 1));
      }
    }
  }

  private static void requireRoundTrip(Matrix view) {
    int width = view.type().bytes();
    fillWithRandomBits(view.segment());
    MemorySegment packed = guarded(Packing.bytes(view));
    Packing.pack(view, packed);
    Matrix expected = Matrix.of(packed, view.type(), view.outer(), view.classes(), view.inner());
    for (long row = 0; row < view.rows(); row++) {
      for (int c = 0; c < view.classes(); c++) {
        assertThat(bits(expected, row, c)).isEqualTo(bits(view, row, c));
      }
    }
    assertThat(packed.get(ValueLayout.JAVA_BYTE, Packing.bytes(view))).isEqualTo(UNTOUCHED);

    MemorySegment before = copy(view.segment());
    for (long row = 0; row < view.rows(); row++) {
      for (int c = 0; c < view.classes(); c++) {
        long element = view.rowOffset(row) + c * view.classStride();
        view.segment().asSlice(element * width, width).fill(UNTOUCHED);
      }
    }
    Packing.unpack(packed, view);
    assertThat(view.segment().mismatch(before)).isEqualTo(-1);
  }

  @Test
  void bitsThatAreNoNumberSurvive() {
    MemorySegment signalling = MemorySegment.ofArray(new int[] {0x7f800001, 0xff800123, 1, 2});
    Matrix view = Matrix.strided(signalling, ElementType.FLOAT32, 1, 2, 1, 4, 1, 1);
    MemorySegment packed = MemorySegment.ofArray(new int[2]);
    Packing.pack(view.withStrides(2, 1, 1), packed);
    assertThat(packed.toArray(ValueLayout.JAVA_INT)).containsExactly(0x7f800001, 0xff800123);
  }

  @Property
  void isPackedExactlyWhenThePlacesAreInOrder(
      @ForAll @IntRange(max = 3) int outer,
      @ForAll @IntRange(min = 1, max = 3) int classes,
      @ForAll @IntRange(max = 3) int inner,
      @ForAll @IntRange(max = 10) int outerStride,
      @ForAll @IntRange(max = 4) int classStride,
      @ForAll @IntRange(max = 3) int innerStride) {
    Matrix view =
        Matrix.strided(
            MemorySegment.ofArray(new float[100]),
            ElementType.FLOAT32,
            outer,
            classes,
            inner,
            outerStride,
            classStride,
            innerStride);
    Assume.that(view.rows() > 0);
    boolean inOrder = true;
    for (long row = 0; row < view.rows(); row++) {
      for (int c = 0; c < classes; c++) {
        long packed = (row / inner * classes + c) * inner + row % inner;
        inOrder &= view.rowOffset(row) + (long) c * classStride == packed;
      }
    }
    assertThat(Packing.isPacked(view)).isEqualTo(inOrder);
  }

  @Test
  void onlyPackedNativeMemoryIsShared(@TempDir Path folder) throws IOException {
    MemorySegment memory = Arena.ofAuto().allocate(64);
    assertThat(isSharable(memory)).isTrue();
    assertThat(isSharable(memory.asReadOnly())).isTrue();
    assertThat(isSharable(MemorySegment.ofArray(new float[16]))).isFalse();
    assertThat(
            Packing.isSharable(Matrix.of(memory, ElementType.FLOAT32, 2, 4).withStrides(5, 1, 1)))
        .isFalse();
    Path file = folder.resolve("numbers");
    Files.write(file, new byte[64]);
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofConfined()) {
      MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, 64, arena);
      assertThat(isSharable(mapped)).isFalse();
      assertThat(isSharable(mapped.asSlice(4))).isFalse();
      assertThat(isSharable(MemorySegment.ofBuffer(mapped.asByteBuffer()))).isFalse();
    }
  }

  @Test
  void refusesTooLittleRoom() {
    Matrix view = Matrix.of(new float[6], 3, 2);
    MemorySegment small = MemorySegment.ofArray(new byte[23]);
    assertThatThrownBy(() -> Packing.pack(view, small))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Packing.unpack(small, view))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static boolean isSharable(MemorySegment memory) {
    return Packing.isSharable(Matrix.of(memory, ElementType.FLOAT32, 2, 4));
  }

  private static Matrix arranged(
      Memory memory, ElementType type, int outer, int classes, int inner, int order, int gap) {
    int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    long[] lengths = {outer, classes, inner};
    long[] strides = new long[3];
    long reach = 1;
    for (int i = 2; i >= 0; i--) {
      int axis = orders[order][i];
      reach += i == 2 ? 0 : gap;
      strides[axis] = reach;
      reach *= Math.max(1, lengths[axis]);
    }
    return Matrix.strided(
        memory.allocate((reach + 2) * type.bytes()),
        type,
        outer,
        classes,
        inner,
        strides[0],
        strides[1],
        strides[2]);
  }

  private static MemorySegment guarded(long bytes) {
    return Arena.ofAuto().allocate(bytes + 1).fill(UNTOUCHED);
  }

  private static MemorySegment copy(MemorySegment segment) {
    return Arena.ofAuto().allocate(segment.byteSize()).copyFrom(segment);
  }

  private static void fillWithRandomBits(MemorySegment segment) {
    byte[] bytes = new byte[(int) segment.byteSize()];
    new Random(segment.byteSize()).nextBytes(bytes);
    segment.copyFrom(MemorySegment.ofArray(bytes));
  }

  private static long bits(Matrix matrix, long row, int c) {
    MemorySegment segment = matrix.segment();
    long element = matrix.rowOffset(row) + c * matrix.classStride();
    return switch (matrix.type().bytes()) {
      case 2 -> segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, element * 2);
      case 4 -> segment.get(ValueLayout.JAVA_INT_UNALIGNED, element * 4);
      default -> segment.get(ValueLayout.JAVA_LONG_UNALIGNED, element * 8);
    };
  }
}
