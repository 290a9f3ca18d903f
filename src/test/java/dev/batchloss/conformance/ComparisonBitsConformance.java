package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.LossSummary;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The plans that compare two matrices: what must not change a bit. */
interface ComparisonBitsConformance extends ConformanceTests {
  @TestFactory
  default Stream<DynamicTest> comparisonsHaveTheSameBits() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Loss loss :
        List.of(
            BinaryCrossEntropy.builder().labelSmoothing(0.05).build(),
            JensenShannon.builder().build())) {
      for (Shape shape :
          List.of(new Shape(301, 1), new Shape(97, 10), new Shape(41, 1003), new Shape(3, 70001))) {
        for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT64)) {
          tests.add(
              DynamicTest.dynamicTest(
                  "%s %s %s".formatted(loss.name(), shape, type),
                  () -> compare(loss, shape, type)));
        }
      }
    }
    return tests.stream();
  }

  private void compare(Loss loss, Shape shape, ElementType type) {
    backend().afford(shape.elements());
    Matrix input = Samples.logits(1, type, shape.rows(), shape.classes());
    Matrix values =
        Matrix.of(new float[shape.rows() * shape.classes()], shape.rows(), shape.classes());
    new Samples(3).fill(values, _ -> 0.25);
    ValueTargets targets = Targets.values(values);
    double[] losses = null;
    double[] slopes = null;
    LossSummary whole = null;
    for (int threads : backend().threadCounts()) {
      try (BatchLoss engine = backend().open(threads)) {
        Matrix gradient =
            Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, shape.rows(), shape.classes());
        LossResult result =
            engine.evaluate(loss, input, targets, Outputs.gradientInto(gradient).withRowLosses());
        double[] written = elements(gradient);
        if (losses == null) {
          losses = result.rowLosses();
          slopes = written;
          whole = result.summary();
        }
        assertThat(result.rowLosses()).as("%d threads", threads).isEqualTo(losses);
        assertThat(written).as("%d threads", threads).isEqualTo(slopes);
        assertThat(result.loss()).isEqualTo(whole.loss());
        checkChunks(engine, loss, input, targets, losses, whole);
      }
    }
  }

  private static void checkChunks(
      BatchLoss engine,
      Loss loss,
      Matrix input,
      ValueTargets targets,
      double[] losses,
      LossSummary whole) {
    for (int chunk : new int[] {1, 7, 64}) {
      LossSummary merged = null;
      int rows = Math.toIntExact(Math.min(input.rows(), 70));
      for (int from = 0; from < rows; from += chunk) {
        int to = Math.min(rows, from + chunk);
        LossResult part =
            engine.evaluate(
                loss,
                input.outerSlice(from, to),
                targets.slice(from, to),
                Outputs.lossOnly().withRowLosses());
        for (int r = from; r < to; r++) {
          assertThat(part.rowLosses()[r - from]).as("row %d", r).isEqualTo(losses[r]);
        }
        merged = merged == null ? part.summary() : merged.merge(part.summary());
      }
      if (rows == input.rows()) {
        assertThat(merged.lossSum()).as("chunks of %d", chunk).isEqualTo(whole.lossSum());
      }
    }
  }

  private static double[] elements(Matrix matrix) {
    double[] elements = new double[Math.toIntExact(matrix.rows() * matrix.classes())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = matrix.get(i / matrix.classes(), i % matrix.classes());
    }
    return elements;
  }
}
