package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossSummary;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What must not change a bit: threads, chunks, addresses, other rows, other outputs. */
interface SameBitsConformance extends ConformanceTests {
  List<Shape> SAME_BITS_SHAPES =
      List.of(
          new Shape(301, 2),
          new Shape(97, 10),
          new Shape(50, 64),
          new Shape(67, 65),
          new Shape(41, 1003),
          new Shape(3, 70001));

  @TestFactory
  default Stream<DynamicTest> anyNumberOfThreads() {
    return eachShape(
        (type, rows, classes) -> {
          Bits one = null;
          for (int threads : backend().threadCounts()) {
            try (BatchLoss engine = backend().open(threads)) {
              Trial trial = trial(type, rows, classes).withMetrics(Trial.ALL_METRICS);
              Bits bits = Bits.of(engine, trial);
              one = one == null ? bits : one;
              bits.mustEqual(one, threads + " threads");
            }
          }
        });
  }

  @TestFactory
  default Stream<DynamicTest> whateverElseIsAskedFor() {
    return eachShape(
        (type, rows, classes) -> {
          try (BatchLoss engine = backend().open()) {
            Trial trial = trial(type, rows, classes);
            Bits bits = Bits.of(engine, trial);
            Bits.of(engine, trial.withMetrics(Trial.ALL_METRICS)).mustEqual(bits, "metrics");
            Trial inPlace = trial(type, rows, classes).gradientInPlace();
            Bits.of(engine, inPlace).mustEqual(bits, "in place");
            Trial softmax = trial.writing(MatrixOutput.SOFTMAX, trial.written());
            Bits.of(engine, softmax).mustEqualInLosses(bits, "softmax");
            Trial lossOnly = Trial.of(trial.loss(), trial.input(), trial.targets());
            Bits.of(engine, lossOnly).mustEqualInLosses(bits, "no gradient");
          }
        });
  }

  @TestFactory
  default Stream<DynamicTest> whereverTheNumbersLie() {
    return eachShape(
        (type, rows, classes) -> {
          try (BatchLoss engine = backend().open()) {
            Trial trial = trial(type, rows, classes);
            Bits bits = Bits.of(engine, trial);
            for (MemoryKind memory : MemoryKind.values()) {
              Matrix input = copy(trial.input(), memory);
              Matrix output = Arrangement.CONTIGUOUS.allocate(memory, type, rows, classes);
              Trial moved =
                  Trial.of(trial.loss(), memory.finish(input), trial.targets())
                      .writing(MatrixOutput.GRADIENT, output);
              Bits.of(engine, moved).mustEqual(bits, memory.toString());
            }
          }
        });
  }

  /** A chunk is a slice: its summaries merge to the same bits, whatever the cut. */
  @TestFactory
  default Stream<DynamicTest> inAnyChunks() {
    return eachShape(
        (type, rows, classes) -> {
          try (BatchLoss engine = backend().open()) {
            Trial trial = trial(type, rows, classes);
            Bits bits = Bits.of(engine, trial);
            Outputs outputs = Outputs.lossOnly().withMetrics(Trial.ALL_METRICS);
            LossSummary all =
                engine.evaluate(trial.loss(), trial.input(), trial.targets(), outputs).summary();
            for (int chunk : new int[] {1, 2, 16, 50}) {
              LossSummary merged = null;
              for (int from = 0; from < rows; from += chunk) {
                int to = Math.min(rows, from + chunk);
                Matrix slice = trial.input().outerSlice(from, to);
                Targets targets = trial.targets().slice(from, to);
                LossSummary part = engine.evaluate(trial.loss(), slice, targets, outputs).summary();
                merged = merged == null ? part : merged.merge(part);
                Bits rowBits = Bits.of(engine, Trial.of(trial.loss(), slice, targets));
                for (int r = from; r < to; r++) {
                  assertThat(rowBits.rowLoss(r - from)).isEqualTo(bits.rowLoss(r));
                }
              }
              requireSame(merged, all, "chunks of " + chunk);
            }
          }
        });
  }

  static void requireSame(LossSummary got, LossSummary want, String what) {
    assertThat(got.loss()).as(what).isEqualTo(want.loss());
    assertThat(got.lossSum()).as(what).isEqualTo(want.lossSum());
    assertThat(got.weightSum()).as(what).isEqualTo(want.weightSum());
    assertThat(got.rows()).as(what).isEqualTo(want.rows());
    assertThat(got.counted()).as(what).isEqualTo(want.counted());
    assertThat(got.metrics().accuracy()).as(what).isEqualTo(want.metrics().accuracy());
    assertThat(got.metrics().topK(3)).as(what).isEqualTo(want.metrics().topK(3));
    assertThat(got.metrics().perplexity()).as(what).isEqualTo(want.metrics().perplexity());
    assertThat(got.metrics().entropy()).as(what).isEqualTo(want.metrics().entropy());
    assertThat(got.metrics().brier()).as(what).isEqualTo(want.metrics().brier());
    assertThat(got.metrics().reliability()).as(what).isEqualTo(want.metrics().reliability());
    assertThat(got.metrics().perClass()).as(what).isEqualTo(want.metrics().perClass());
  }

  @TestFactory
  default Stream<DynamicTest> inAnyOrderOfRows() {
    return eachShape(
        (type, rows, classes) -> {
          try (BatchLoss engine = backend().open()) {
            Trial trial = trial(type, rows, classes);
            Bits bits = Bits.of(engine, trial);
            Matrix input = copy(trial.input(), MemoryKind.ARRAY);
            int[] reversed = new int[rows];
            for (int r = 0; r < rows; r++) {
              reversed[r] = targets(rows, classes)[rows - 1 - r];
              for (int c = 0; c < classes; c++) {
                input.set(r, c, trial.input().get(rows - 1 - r, c));
              }
            }
            Trial permuted =
                Trial.of(trial.loss(), input, Targets.classes(reversed)).gradientInPlace();
            Bits other = Bits.of(engine, permuted);
            for (int r = 0; r < rows; r++) {
              assertThat(other.rowLoss(r)).as("row %d", r).isEqualTo(bits.rowLoss(rows - 1 - r));
              assertThat(other.matrixRow(r))
                  .as("gradient of row %d", r)
                  .isEqualTo(bits.matrixRow(rows - 1 - r));
            }
          }
        });
  }

  /** What is done with one trial's parameters. */
  @FunctionalInterface
  interface Check {
    void run(ElementType type, int rows, int classes);
  }

  private Stream<DynamicTest> eachShape(Check check) {
    return SAME_BITS_SHAPES.stream()
        .flatMap(
            shape ->
                Arrays.stream(ElementType.values())
                    .map(
                        type ->
                            DynamicTest.dynamicTest(
                                shape + " " + type,
                                () -> {
                                  backend().afford(shape.elements());
                                  check.run(type, shape.rows(), shape.classes());
                                })));
  }

  private static Trial trial(ElementType type, int rows, int classes) {
    Matrix input = Samples.logits(rows + classes, type, rows, classes);
    Matrix gradient = Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, rows, classes);
    return new Trial(
        CrossEntropy.builder().labelSmoothing(0.1).zLoss(1e-3).build(),
        input,
        Targets.classes(targets(rows, classes)),
        MatrixOutput.GRADIENT,
        gradient,
        null,
        null,
        Set.of());
  }

  private static int[] targets(int rows, int classes) {
    return new Samples(classes).classes(rows, classes);
  }

  private static Matrix copy(Matrix matrix, MemoryKind memory) {
    Matrix copy =
        Arrangement.CONTIGUOUS.allocate(
            memory, matrix.type(), Math.toIntExact(matrix.rows()), matrix.classes());
    for (long r = 0; r < matrix.rows(); r++) {
      for (int c = 0; c < matrix.classes(); c++) {
        copy.set(r, c, matrix.get(r, c));
      }
    }
    return copy;
  }
}
