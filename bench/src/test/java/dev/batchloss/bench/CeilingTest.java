package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.bench.Ceiling.Pass;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A ceiling is one only if it touches every byte: otherwise every loss looks slower than it is. */
class CeilingTest {
  /** Several pieces and a part of one, for every width of element. */
  private static final int ROWS = 1300;

  private static final int CLASSES = 1024;
  private static final int[] PLACES = {
    0, 1, 15, 16, 31, 40, 63, 64, 100, 127, 128, 255, 524_287, 524_288, 999_999, 1_331_199
  };

  static Stream<Arguments> everyMemory() {
    return Stream.of(ElementType.values())
        .flatMap(type -> Stream.of(Memory.values()).map(memory -> Arguments.of(type, memory)));
  }

  @ParameterizedTest
  @MethodSource("everyMemory")
  void aSumReadsEveryPlace(ElementType type, Memory memory) {
    try (Arena arena = Arena.ofShared();
        Ceiling ceiling = new Ceiling(zeros(type, memory, arena), zeros(type, memory, arena), 2)) {
      assertThat(ceiling.run(Pass.SUM)).isZero();
    }
    try (Arena arena = Arena.ofShared()) {
      Matrix source = zeros(type, memory, arena);
      try (Ceiling ceiling = new Ceiling(source, source, 2)) {
        for (int place : PLACES) {
          type.set(source.segment(), place, 1);
          assertThat(ceiling.run(Pass.SUM)).as("sum, element %d", place).isNotZero();
          assertThat(ceiling.run(Pass.PLAIN_SUM)).as("plain sum, element %d", place).isNotZero();
          type.set(source.segment(), place, 0);
        }
      }
    }
  }

  /** What the loss reads besides its logits is part of its ceiling, whatever else is done. */
  @ParameterizedTest
  @MethodSource("everyMemory")
  void everyPassReadsEveryPlaceOfWhatIsReadToo(ElementType type, Memory memory) {
    try (Arena arena = Arena.ofShared()) {
      Matrix source = zeros(type, memory, arena);
      Matrix other = zeros(type, memory, arena);
      try (Ceiling ceiling = new Ceiling(source, zeros(type, memory, arena), List.of(other), 2)) {
        for (int place : PLACES) {
          type.set(other.segment(), place, 1);
          assertThat(ceiling.run(Pass.SUM)).as("sum, element %d", place).isNotZero();
          assertThat(ceiling.run(Pass.COPY)).as("copy, element %d", place).isNotZero();
          type.set(other.segment(), place, 0);
        }
        assertThat(ceiling.run(Pass.SUM)).isZero();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyMemory")
  void aCopyWritesEverything(ElementType type, Memory memory) {
    try (Arena arena = Arena.ofShared()) {
      Matrix source = zeros(type, memory, arena);
      Predictions.fill(source);
      Matrix target = zeros(type, memory, arena);
      try (Ceiling ceiling = new Ceiling(source, target, 2)) {
        ceiling.run(Pass.COPY);
      }
      assertThat(target.segment().mismatch(source.segment())).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource("everyMemory")
  void scalingChangesEverySignAndNothingElse(ElementType type, Memory memory) {
    try (Arena arena = Arena.ofShared()) {
      Matrix scaled = zeros(type, memory, arena);
      Predictions.fill(scaled);
      Matrix before = zeros(type, memory, arena);
      before.segment().copyFrom(scaled.segment());
      try (Ceiling ceiling = new Ceiling(scaled, scaled, 2)) {
        ceiling.run(Pass.SCALE);
        for (int i = 0; i < ROWS * CLASSES; i++) {
          double wanted = -type.get(before.segment(), i);
          if (type.get(scaled.segment(), i) != wanted) {
            assertThat(type.get(scaled.segment(), i)).as("element %d", i).isEqualTo(wanted);
          }
        }
        ceiling.run(Pass.SCALE);
      }
      assertThat(scaled.segment().mismatch(before.segment())).isEqualTo(-1);
    }
  }

  private static Matrix zeros(ElementType type, Memory memory, Arena arena) {
    return memory.allocate(type, ROWS, CLASSES, arena);
  }
}
