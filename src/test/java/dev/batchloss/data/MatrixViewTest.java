package dev.batchloss.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Slices, and which views share elements with which. */
class MatrixViewTest {
  private static final ElementType FLOAT = ElementType.FLOAT32;

  @Test
  void slicesAlongTheOuterAxis() {
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    Matrix slice = Matrix.of(values, 3, 2, 2).outerSlice(1, 3);
    assertThat(slice).hasToString("FLOAT32 2×2×2");
    assertThat(slice.get(0, 0)).isEqualTo(4);
    assertThat(slice.get(3, 1)).isEqualTo(11);
    slice.set(0, 0, -1);
    assertThat(values[4]).isEqualTo(-1);
    Matrix padded = Matrix.of(values, 3, 2).withStrides(4, 2, 1);
    assertThat(padded.outerSlice(2, 3).get(0, 1)).isEqualTo(10);
  }

  @Test
  void emptySlicesAreAllowedAnywhere() {
    Matrix matrix = Matrix.of(new float[6], 3, 2);
    assertThat(matrix.outerSlice(3, 3).rows()).isZero();
    assertThat(matrix.outerSlice(0, 0).rows()).isZero();
    Matrix noClasses = Matrix.strided(MemorySegment.NULL, FLOAT, 10, 0, 1, 1000, 1, 1);
    assertThat(noClasses.outerSlice(2, 9)).hasToString("FLOAT32 7×0");
  }

  @Test
  void refusesSlicesOutside() {
    Matrix matrix = Matrix.of(new float[6], 3, 2);
    long[][] outside = {{-1, 1}, {2, 1}, {0, 4}, {4, 4}};
    for (long[] bounds : outside) {
      assertThatThrownBy(() -> matrix.outerSlice(bounds[0], bounds[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  /** Against a walk over all elements: distinct is never claimed wrongly. */
  @Test
  void distinctElementsAreDistinct() {
    MemorySegment memory = MemorySegment.ofArray(new float[256]);
    int distinct = 0;
    for (int outer = 1; outer <= 3; outer++) {
      for (int classes = 1; classes <= 3; classes++) {
        for (int inner = 1; inner <= 3; inner++) {
          for (int strides = 0; strides < 1000; strides++) {
            Matrix matrix =
                Matrix.strided(
                    memory,
                    FLOAT,
                    outer,
                    classes,
                    inner,
                    strides / 100,
                    strides / 10 % 10,
                    strides % 10);
            if (matrix.hasDistinctElements()) {
              distinct++;
              assertThat(offsets(matrix)).hasSize(outer * classes * inner);
            }
          }
        }
      }
    }
    assertThat(distinct).isGreaterThan(5_000);
  }

  @Test
  void everyUsualLayoutHasDistinctElements() {
    float[] values = new float[100];
    assertThat(Matrix.of(values, 3, 4).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(values, 3, 4, 5).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(values, 3, 4).withStrides(1, 3, 1).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(values, 3, 4).withStrides(7, 1, 0).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(values, 3, 4, 2).withStrides(1, 6, 3).hasDistinctElements()).isTrue();
  }

  @Test
  void repeatedElementsAreNotDistinct() {
    Matrix matrix = Matrix.of(new float[100], 3, 4, 2);
    assertThat(matrix.withStrides(0, 1, 4).hasDistinctElements()).isFalse();
    assertThat(matrix.withStrides(8, 0, 1).hasDistinctElements()).isFalse();
    assertThat(matrix.withStrides(8, 1, 0).hasDistinctElements()).isFalse();
    assertThat(matrix.withStrides(3, 1, 20).hasDistinctElements()).isFalse();
  }

  @Test
  void emptyMatricesHaveDistinctElements() {
    assertThat(Matrix.of(new float[0], 0, 4).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(new float[0], 5, 4, 0).hasDistinctElements()).isTrue();
    assertThat(Matrix.of(new float[0], 5, 0).hasDistinctElements()).isTrue();
  }

  @Test
  void theSameViewHasTheSameElementsInTheSamePlaces() {
    float[] values = new float[24];
    Matrix matrix = Matrix.of(values, 3, 4, 2);
    assertThat(matrix.isSameView(Matrix.of(values, 3, 4, 2))).isTrue();
    assertThat(matrix.isSameView(Matrix.of(new float[24], 3, 4, 2))).isFalse();
    assertThat(matrix.isSameView(Matrix.of(values, 2, 4, 2))).isFalse();
    assertThat(matrix.isSameView(Matrix.of(values, 3, 2, 2))).isFalse();
    assertThat(matrix.isSameView(Matrix.of(values, 3, 4, 1))).isFalse();
    assertThat(matrix.isSameView(matrix.withStrides(6, 2, 1))).isFalse();
    assertThat(matrix.isSameView(matrix.withStrides(8, 1, 1))).isFalse();
    assertThat(matrix.isSameView(matrix.withStrides(8, 2, 0))).isFalse();
    MemorySegment memory = MemorySegment.ofArray(values);
    assertThat(matrix.isSameView(Matrix.of(memory, FLOAT, 3, 4, 2))).isTrue();
    assertThat(Matrix.of(memory, FLOAT, 2, 4).isSameView(Matrix.of(memory.asSlice(4), FLOAT, 2, 4)))
        .isFalse();
    assertThat(
            Matrix.of(memory, FLOAT, 2, 4)
                .isSameView(Matrix.of(memory, ElementType.BFLOAT16, 2, 4)))
        .isFalse();
  }

  @Test
  void readOnlyArraysAreToldApart() {
    MemorySegment one = MemorySegment.ofArray(new float[4]).asReadOnly();
    MemorySegment other = MemorySegment.ofArray(new float[4]).asReadOnly();
    Matrix matrix = Matrix.of(one, FLOAT, 2, 2);
    assertThat(matrix.isSameView(Matrix.of(other, FLOAT, 2, 2))).isFalse();
    assertThat(matrix.isSameView(Matrix.of(one, FLOAT, 2, 2))).isTrue();
    assertThat(matrix.array()).isNull();
  }

  @Test
  void viewsOfOneArrayOverlapWhereTheirRangesMeet() {
    MemorySegment memory = MemorySegment.ofArray(new float[16]);
    Matrix first = Matrix.of(memory, FLOAT, 2, 4);
    Matrix second = Matrix.of(memory.asSlice(8 * 4), FLOAT, 2, 4);
    Matrix middle = Matrix.of(memory.asSlice(7 * 4), FLOAT, 2, 4);
    assertThat(first.overlaps(second)).isFalse();
    assertThat(second.overlaps(first)).isFalse();
    assertThat(first.overlaps(middle)).isTrue();
    assertThat(middle.overlaps(second)).isTrue();
    assertThat(first.overlaps(first)).isTrue();
    assertThat(first.overlaps(Matrix.of(new float[16], 2, 4))).isFalse();
    assertThat(first.overlaps(memory.asSlice(7 * 4 + 3, 1))).isTrue();
    assertThat(first.overlaps(memory.asSlice(8 * 4, 1))).isFalse();
  }

  @Test
  void nativeViewsOverlapByAddress() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ValueLayout.JAVA_FLOAT, 16);
      Matrix first = Matrix.of(memory, FLOAT, 2, 4);
      MemorySegment again = MemorySegment.ofAddress(memory.address()).reinterpret(64);
      assertThat(first.overlaps(Matrix.of(again, FLOAT, 2, 4))).isTrue();
      assertThat(first.isSameView(Matrix.of(again, FLOAT, 2, 4))).isTrue();
      assertThat(first.array()).isNull();
      assertThat(first.overlaps(Matrix.of(new float[8], 2, 4))).isFalse();
    }
  }

  @Test
  void nothingOverlapsAnEmptyMatrix() {
    MemorySegment memory = MemorySegment.ofArray(new float[16]);
    Matrix matrix = Matrix.of(memory, FLOAT, 2, 4);
    assertThat(matrix.overlaps(Matrix.of(memory, FLOAT, 0, 4))).isFalse();
    assertThat(Matrix.of(memory, FLOAT, 2, 0).overlaps(matrix)).isFalse();
    assertThat(matrix.overlaps(memory.asSlice(0, 0))).isFalse();
  }

  private static Set<Long> offsets(Matrix matrix) {
    Set<Long> offsets = new HashSet<>();
    for (long row = 0; row < matrix.rows(); row++) {
      for (int c = 0; c < matrix.classes(); c++) {
        offsets.add(matrix.rowOffset(row) + c * matrix.classStride());
      }
    }
    return offsets;
  }
}
