package dev.batchloss.conformance;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every arrangement in every kind of memory, and outputs that lie otherwise than their input. */
interface LayoutConformance extends ConformanceTests {
  int ROWS = 35;
  int CLASSES = 37;

  @TestFactory
  default Stream<DynamicTest> everyArrangementInEveryMemory() {
    return Arrays.stream(Arrangement.values())
        .flatMap(
            arrangement ->
                Arrays.stream(MemoryKind.values())
                    .flatMap(
                        memory ->
                            Arrays.stream(ElementType.values())
                                .map(type -> test(arrangement, memory, type))));
  }

  private DynamicTest test(Arrangement arrangement, MemoryKind memory, ElementType type) {
    return DynamicTest.dynamicTest(
        arrangement + ", " + memory + ", " + type,
        () -> {
          try (BatchLoss engine = backend().open()) {
            for (int classes : new int[] {2, CLASSES}) {
              int rows = arrangement.rows(ROWS);
              Matrix input = arrangement.allocate(memory, type, rows, classes);
              new Samples(rows).fillLogits(input, 5);
              Matrix gradient = arrangement.allocate(memory, type, rows, classes);
              Judge.judge(engine, trial(memory.finish(input), gradient));
              if (!memory.finish(input).segment().isReadOnly()) {
                Judge.judge(engine, trial(input, input));
              }
            }
          }
        });
  }

  @Test
  default void theOutputMayLieOtherwiseThanTheInput() {
    Arrangement[] outerFirst = {
      Arrangement.CONTIGUOUS, Arrangement.GAPS, Arrangement.CLASS_STRIDE_2
    };
    try (BatchLoss engine = backend().open()) {
      for (Arrangement from : outerFirst) {
        for (Arrangement to : outerFirst) {
          for (MatrixOutput kind :
              new MatrixOutput[] {
                MatrixOutput.GRADIENT, MatrixOutput.SOFTMAX, MatrixOutput.LOG_SOFTMAX
              }) {
            Matrix input = from.allocate(MemoryKind.NATIVE, ElementType.FLOAT32, ROWS, CLASSES);
            new Samples(ROWS).fillLogits(input, 5);
            Matrix output = to.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, ROWS, CLASSES);
            Judge.judge(engine, trial(input, input).writing(kind, output));
          }
        }
      }
      Matrix input =
          Arrangement.PERMUTED.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, 36, CLASSES);
      new Samples(ROWS).fillLogits(input, 5);
      Matrix output =
          Matrix.of(new float[36 * CLASSES], 18, CLASSES, 2).withStrides(2 * CLASSES, 1, CLASSES);
      Judge.judge(engine, trial(input, output));
    }
  }

  @Test
  default void aStrideOfZeroRepeatsOneRow() {
    try (BatchLoss engine = backend().open()) {
      Matrix row = Samples.logits(5, ElementType.FLOAT32, 1, CLASSES);
      Matrix input = Matrix.strided(row.segment(), ElementType.FLOAT32, ROWS, CLASSES, 1, 0, 1, 1);
      Matrix output =
          Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, ROWS, CLASSES);
      Judge.judge(engine, trial(input, output));
    }
  }

  @Test
  default void aSliceStartsInTheMiddleOfItsMemory() {
    try (BatchLoss engine = backend().open()) {
      for (Arrangement arrangement : new Arrangement[] {Arrangement.GAPS, Arrangement.INNER_5}) {
        Matrix input = arrangement.allocate(MemoryKind.ARRAY, ElementType.FLOAT16, 40, CLASSES);
        new Samples(ROWS).fillLogits(input, 5);
        Matrix output = arrangement.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, 40, CLASSES);
        Judge.judge(engine, trial(input.outerSlice(2, 7), output.outerSlice(1, 6)));
      }
    }
  }

  private static Trial trial(Matrix input, Matrix gradient) {
    int rows = Math.toIntExact(input.rows());
    int[] targets = new Samples(rows).classes(rows, input.classes());
    return Trial.of(
            CrossEntropy.builder().labelSmoothing(0.1).build(), input, Targets.classes(targets))
        .writing(MatrixOutput.GRADIENT, gradient);
  }
}
