package dev.batchloss.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TargetsTest {
  @Test
  void classesAreIntsOrLongs() {
    ClassTargets ints = Targets.classes(3, -100, Integer.MIN_VALUE);
    assertThat(ints.rows()).isEqualTo(3);
    assertThat(ints.at(1)).isEqualTo(-100);
    assertThat(ints.at(2)).isEqualTo(Integer.MIN_VALUE);
    ClassTargets longs = Targets.classes(1L << 40, -1L);
    assertThat(longs.rows()).isEqualTo(2);
    assertThat(longs.at(0)).isEqualTo(1L << 40);
    assertThat(longs.at(1)).isEqualTo(-1);
    assertThat(ints.sampleWeights()).isNull();
  }

  @Test
  void classesMayStandAnywhereInMemory() {
    MemorySegment unaligned = MemorySegment.ofArray(new byte[17]).asSlice(1);
    unaligned.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, 7);
    assertThat(ClassTargets.ofLongs(unaligned).at(1)).isEqualTo(7);
    assertThat(ClassTargets.ofInts(unaligned).rows()).isEqualTo(4);
    assertThat(ClassTargets.ofInts(unaligned).at(0)).isZero();
  }

  @Test
  void refusesWidthsThatAreNone() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[10]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClassTargets(bytes, 2, null))
        .withMessage("indexBytes is 2, must be 4 or 8");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassTargets.ofInts(bytes))
        .withMessage("10 bytes are no whole number of 4-byte class indices");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ClassTargets.ofLongs(bytes))
        .withMessage("10 bytes are no whole number of 8-byte class indices");
  }

  @Test
  void weightsAreOneColumnAsLongAsTheTargets() {
    Targets weighted = Targets.classes(0, 1).withSampleWeights(0.5, 2);
    assertThat(Objects.requireNonNull(weighted.sampleWeights()).get(1, 0)).isEqualTo(2);
    Targets floats = Targets.classes(0L, 1L).withSampleWeights(0.5f, 3f);
    assertThat(Objects.requireNonNull(floats.sampleWeights()).get(1, 0)).isEqualTo(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Targets.classes(0, 1).withSampleWeights(1.0))
        .withMessage("sample weights are FLOAT64 1×1, must be one column of 2 rows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Targets.classes(0, 1).withSampleWeights(Matrix.of(new float[4], 2, 2)))
        .withMessage("sample weights are FLOAT32 2×2, must be one column of 2 rows");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Targets.classes(0, 1).withSampleWeights(Matrix.of(new float[4], 1, 1, 2)))
        .withMessage("sample weights are FLOAT32 1×1×2, must be one column of 2 rows");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Targets.probabilities(Matrix.of(new float[6], 3, 2)).withSampleWeights(1f, 1f))
        .withMessage("sample weights are FLOAT32 2×1, must be one column of 3 rows");
  }

  @Test
  void probabilityTargetsHaveTheRowsOfTheirMatrix() {
    Matrix matrix = Matrix.of(new float[12], 2, 3, 2);
    ProbabilityTargets targets = Targets.probabilities(matrix);
    assertThat(targets.rows()).isEqualTo(4);
    assertThat(targets.probabilities()).isSameAs(matrix);
    assertThat(targets.withSampleWeights(1.0, 2.0, 3.0, 4.0).rows()).isEqualTo(4);
  }

  @Test
  void slicesCarryTheirWeights() {
    Targets ints = Targets.classes(5, 6, 7, 8).withSampleWeights(1.0, 2.0, 3.0, 4.0).slice(1, 3);
    assertThat(ints.rows()).isEqualTo(2);
    assertThat(((ClassTargets) ints).at(0)).isEqualTo(6);
    assertThat(Objects.requireNonNull(ints.sampleWeights()).get(1, 0)).isEqualTo(3);
    ClassTargets longs = Targets.classes(5L, 6L, 7L).slice(2, 3);
    assertThat(longs.at(0)).isEqualTo(7);
    assertThat(longs.sampleWeights()).isNull();
    assertThat(Targets.classes(5, 6).slice(2, 2).rows()).isZero();
  }

  @Test
  void probabilitySlicesFallOnWholeOuterIndices() {
    float[] values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    Targets targets =
        Targets.probabilities(Matrix.of(values, 3, 2, 2)).withSampleWeights(0f, 1f, 2f, 3f, 4f, 5f);
    ProbabilityTargets slice = (ProbabilityTargets) targets.slice(2, 6);
    assertThat(slice.rows()).isEqualTo(4);
    assertThat(slice.probabilities().get(0, 0)).isEqualTo(4);
    assertThat(Objects.requireNonNull(slice.sampleWeights()).get(3, 0)).isEqualTo(5);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> targets.slice(1, 4))
        .withMessage("rows 1 to 4 do not fall on multiples of inner = 2");
    Targets none = Targets.probabilities(Matrix.of(new float[0], 3, 2, 0));
    assertThat(none.slice(0, 0).rows()).isZero();
  }

  @Test
  void refusesSlicesOutside() {
    Targets classes = Targets.classes(5, 6, 7);
    Targets probabilities = Targets.probabilities(Matrix.of(new float[6], 3, 2));
    long[][] outside = {{-1, 1}, {2, 1}, {0, 4}};
    for (long[] bounds : outside) {
      assertThatThrownBy(() -> classes.slice(bounds[0], bounds[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> probabilities.slice(bounds[0], bounds[1]))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void badTargetsAreToldWithRowValueAndNumber() {
    InvalidTargetException one = new InvalidTargetException(3, -100, 1, 10);
    assertThat(one).hasMessage("target of row 3 is -100, must be in 0..9");
    assertThat(new InvalidTargetException(3, 10, 2, 10))
        .hasMessage("target of row 3 is 10, must be in 0..9 (and 1 other)");
    InvalidTargetException many = new InvalidTargetException(4, 11, 7, 10);
    assertThat(many).hasMessage("target of row 4 is 11, must be in 0..9 (and 6 others)");
    assertThat(many.row()).isEqualTo(4);
    assertThat(many.value()).isEqualTo(11);
    assertThat(many.count()).isEqualTo(7);
    assertThat(many.classes()).isEqualTo(10);
    assertThat(many).isInstanceOf(InvalidDataException.class);
  }

  @Test
  void deviceFailuresCarryTheDriversCode() {
    DeviceException failure = new DeviceException(2, "CUDA_ERROR_OUT_OF_MEMORY", "allocating");
    assertThat(failure).hasMessage("allocating: CUDA_ERROR_OUT_OF_MEMORY (2)");
    assertThat(failure.code()).isEqualTo(2);
    assertThat(failure.codeName()).isEqualTo("CUDA_ERROR_OUT_OF_MEMORY");
    assertThat(failure).isInstanceOf(BatchLossException.class);
  }

  @Test
  void classIndicesAreCopiedAndCheckedWhereverTheyAre() {
    long[] indices = {9, 0, 2, 4, 1, 3};
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment heap = MemorySegment.ofArray(indices);
      MemorySegment ints = MemorySegment.ofArray(new int[] {9, 0, 2, 4, 1, 3});
      MemorySegment odd = arena.allocate(indices.length * 8L + 1).asSlice(1);
      odd.copyFrom(heap);
      ClassTargets[] kinds = {
        ClassTargets.ofLongs(heap), ClassTargets.ofInts(ints), ClassTargets.ofLongs(odd)
      };
      for (ClassTargets all : kinds) {
        ClassTargets targets = all.slice(1, 6);
        int[] to = new int[3];
        targets.copyTo(2, 3, to);
        assertThat(to).containsExactly(4, 1, 3);
        assertThat(targets.areWithin(5)).isTrue();
        assertThat(targets.areWithin(4)).isFalse();
        assertThat(all.areWithin(9)).isFalse();
      }
      heap.setAtIndex(ValueLayout.JAVA_LONG, 3, -1L);
      assertThat(kinds[0].areWithin(10)).isFalse();
    }
  }
}
