package dev.batchloss.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void isAViewOfTheArray() {
    float[] values = {1, 2, 3, 4, 5, 6};
    Tensor tensor = Tensor.of(values, 2, 3);
    values[4] = 50;

    assertThat(tensor.shape()).containsExactly(2, 3);
    assertThat(tensor.rank()).isEqualTo(2);
    assertThat(tensor.size()).isEqualTo(6);
    assertThat(tensor.isIntegral()).isFalse();
    assertThat(tensor.toDoubles()).containsExactly(1, 2, 3, 4, 50, 6);
    assertThat(tensor.toFloats()).containsExactly(1, 2, 3, 4, 50, 6);
    assertThat(tensor).hasToString("FLOAT32 [2, 3]");
  }

  @Test
  void holdsIntegersExactly() {
    Tensor longs = Tensor.of(new long[] {Long.MIN_VALUE, -1, 1L << 53 | 1}, 3);
    Tensor ints = Tensor.of(new int[] {7, -7}, 1, 2);

    assertThat(longs.isIntegral()).isTrue();
    assertThat(longs.toLongs()).containsExactly(Long.MIN_VALUE, -1, 1L << 53 | 1);
    assertThat(ints.toLongs()).containsExactly(7, -7);
    assertThat(ints.toDoubles()).containsExactly(7, -7);
    assertThat(ints).hasToString("INT32 [1, 2]");
    assertThat(ints.classes().at(1)).isEqualTo(-7);
  }

  @Test
  void hasOneValueAtRankZero() {
    assertThat(Tensor.scalar(2.5).item()).isEqualTo(2.5);
    assertThat(Tensor.scalar(2.5).rank()).isZero();
    assertThat(Tensor.of(new float[] {3}).shape()).isEmpty();
    assertThat(Tensor.of(new double[] {3}, 1, 1).item()).isEqualTo(3);
    assertThatThrownBy(() -> Tensor.of(new double[2], 2).item())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("FLOAT64 [2] has 2 elements, item() is of one");
  }

  @Test
  void mayBeEmpty() {
    Tensor empty = Tensor.of(new float[0], 0, 3);

    assertThat(empty.size()).isZero();
    assertThat(empty.toDoubles()).isEmpty();
    assertThat(empty.rows(1).rows()).isZero();
    assertThat(empty.rows(1).classes()).isEqualTo(3);
  }

  @Test
  void refusesLengthsThatDoNotFit() {
    assertThatThrownBy(() -> Tensor.of(new double[5], 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("values has 5 elements, shape [2, 3] has 6");
    assertThatThrownBy(() -> Tensor.of(new double[5], -5, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shape is [-5, -1], must have no negative length");
    assertThatThrownBy(() -> Tensor.of(new double[0], 1L << 32, 1L << 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shape has more than 2^63 elements");
    assertThatThrownBy(() -> Tensor.of(new float[2], 2).toLongs())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("FLOAT32 [2] has no integers; see toDoubles()");
  }

  @Test
  void viewsAPackedMatrixAndCopiesAnother() {
    double[] values = {1, 2, 3, 4, 5, 6};
    Tensor packed = Tensor.of(Matrix.of(values, 2, 3));
    Matrix columnMajor =
        Matrix.strided(MemorySegment.ofArray(values), ElementType.FLOAT64, 2, 3, 1, 1, 2, 1);
    Tensor transposed = Tensor.of(columnMajor);
    values[0] = 10;

    assertThat(packed.toDoubles()).containsExactly(10, 2, 3, 4, 5, 6);
    assertThat(transposed.toDoubles()).containsExactly(1, 3, 5, 2, 4, 6);
    assertThat(Tensor.of(Matrix.of(new float[12], 2, 3, 2)).shape()).containsExactly(2, 3, 2);
    assertThat(Tensor.of(Matrix.of(values, 1, 2)).toDoubles()).containsExactly(10, 2);
  }

  @Test
  void takesHalfPrecisionFromAMatrix() {
    short[] bits = {Float.floatToFloat16(0.5f), Float.floatToFloat16(-2)};
    Tensor half = Tensor.of(Matrix.of(bits, ElementType.FLOAT16, 1, 2));

    assertThat(half.toFloats()).containsExactly(0.5f, -2);
    assertThat(half.type()).isEqualTo(ElementType.FLOAT16);
  }

  @Test
  void viewsRowsAlongAnyAxis() {
    double[] values = new double[24];
    for (int i = 0; i < 24; i++) {
      values[i] = i;
    }
    Tensor tensor = Tensor.of(values, 2, 3, 4);
    Matrix middle = tensor.rows(1);
    Matrix first = tensor.rows(0);
    Matrix last = tensor.rows(2);

    assertThat(middle).hasToString("FLOAT64 2×3×4");
    assertThat(middle.get(5, 2)).isEqualTo(1 * 12 + 2 * 4 + 1);
    assertThat(first.rows()).isEqualTo(12);
    assertThat(first.get(5, 1)).isEqualTo(12 + 5);
    assertThat(last.rows()).isEqualTo(6);
    assertThat(last.get(4, 3)).isEqualTo(4 * 4 + 3);
    assertThat(tensor.elements().get(23, 0)).isEqualTo(23);
    assertThat(Tensor.of(new int[] {4, 5}, 2).elements().get(1, 0)).isEqualTo(5);
  }

  @Test
  void repeatsAlongAxesOfLengthOne() {
    Tensor row = Tensor.of(new float[] {1, 2, 3}, 3);
    Tensor column = Tensor.of(new int[] {1, 2}, 2, 1);

    assertThat(row.broadcastTo(Shape.of(2, 3)).toFloats()).containsExactly(1, 2, 3, 1, 2, 3);
    assertThat(column.broadcastTo(Shape.of(2, 3)).toDoubles()).containsExactly(1, 1, 1, 2, 2, 2);
    assertThat(column.broadcastTo(Shape.of(2, 2, 2)).toDoubles())
        .containsExactly(1, 1, 2, 2, 1, 1, 2, 2);
    assertThat(Tensor.scalar(4).broadcastTo(Shape.of(2)).toDoubles()).containsExactly(4, 4);
    assertThat(Tensor.scalar(4).broadcastTo(Shape.of(0, 2)).size()).isZero();
    assertThat(row.broadcastTo(Shape.of(3))).isSameAs(row);
    assertThatThrownBy(() -> row.broadcastTo(Shape.of(3, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shape [3] does not broadcast to [3, 2]");
  }

  @Test
  void broadcastsTwoShapesToOne() {
    assertThat(Shape.of(5, 1, 3).broadcastWith(Shape.of(4, 1), "a and b"))
        .isEqualTo(Shape.of(5, 4, 3));
    assertThat(Shape.of(1).broadcastWith(Shape.of(0), "a and b")).isEqualTo(Shape.of(0));
    assertThatThrownBy(() -> Shape.of(2).broadcastWith(Shape.of(0), "a and b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a and b have shapes [2] and [0], which do not broadcast");
  }

  @Test
  void countsNegativeAxesFromTheEnd() {
    assertThat(Shape.of(2, 3).requireAxis("axis", -1)).isEqualTo(1);
    assertThatThrownBy(() -> Shape.of(2, 3).requireAxis("axis", 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("axis is 2, must be in -2..1 for shape [2, 3]");
  }
}
