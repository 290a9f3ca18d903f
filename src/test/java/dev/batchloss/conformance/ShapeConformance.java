package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Shapes from one element up to rows that are cut into several segments. */
interface ShapeConformance extends ConformanceTests {
  List<Shape> SHAPES =
      List.of(
          new Shape(1, 1),
          new Shape(7, 2),
          new Shape(77, 10),
          new Shape(252, 507),
          new Shape(33, 1000),
          new Shape(2, 16384),
          new Shape(5, 50257),
          new Shape(1, 65535),
          new Shape(1, 65536),
          new Shape(1, 65537),
          new Shape(1, 131073),
          new Shape(3, 128256),
          new Shape(2, 200000));

  @TestFactory
  default Stream<DynamicTest> everyShape() {
    return SHAPES.stream()
        .flatMap(
            shape ->
                Stream.of(
                    test("default", shape, () -> defaultLoss(shape)),
                    test("everything", shape, () -> everything(shape)),
                    test("float64", shape, () -> softTargets(ElementType.FLOAT64, shape)),
                    test("bfloat16", shape, () -> softTargets(ElementType.BFLOAT16, shape))));
  }

  /** Where vectors end inside a row, and where a row is shorter than one. */
  @TestFactory
  default Stream<DynamicTest> everyClassCountUpToSeventy() {
    return IntStream.rangeClosed(1, 70)
        .boxed()
        .flatMap(
            classes ->
                IntStream.of(15, 16, 17)
                    .mapToObj(rows -> new Shape(rows, classes))
                    .map(shape -> test("float32", shape, () -> defaultLoss(shape))));
  }

  @Test
  default void noRowsAtAll() {
    try (BatchLoss engine = backend().open()) {
      Matrix input = Matrix.of(new float[0], 0, 10);
      Matrix gradient = Matrix.of(new float[0], 0, 10);
      Trial trial =
          Trial.of(CrossEntropy.builder().build(), input, Targets.classes(new int[0]))
              .writing(MatrixOutput.GRADIENT, gradient)
              .withMetrics(Trial.ALL_METRICS);
      Judge.judge(engine, trial);
      LossResult result =
          engine.evaluate(
              CrossEntropy.builder().reduction(Reduction.SUM).build(), input, trial.targets());
      assertThat(result.loss()).isZero();
      assertThat(result.summary().counted()).isZero();
    }
  }

  private DynamicTest test(String what, Shape shape, Supplier<Trial> trial) {
    return DynamicTest.dynamicTest(
        shape + ", " + what,
        () -> {
          backend().afford(shape.elements());
          try (BatchLoss engine = backend().open()) {
            Judge.judge(engine, trial.get());
          }
        });
  }

  private static Trial defaultLoss(Shape shape) {
    int rows = shape.rows();
    int classes = shape.classes();
    Matrix input = Samples.logits(rows + classes, ElementType.FLOAT32, rows, classes);
    Matrix gradient =
        Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, ElementType.FLOAT32, rows, classes);
    int[] targets = new Samples(classes).classes(rows, classes);
    return Trial.of(CrossEntropy.builder().build(), input, Targets.classes(targets))
        .writing(MatrixOutput.GRADIENT, gradient);
  }

  private static Trial everything(Shape shape) {
    int rows = shape.rows();
    int classes = shape.classes();
    Samples samples = new Samples(31L * rows + classes);
    Matrix input =
        Arrangement.GAPS.allocate(MemoryKind.UNALIGNED, ElementType.FLOAT32, rows, classes);
    samples.fillLogits(input, 5);
    int[] targets = samples.classes(rows, classes);
    samples.sprinkle(targets, -100);
    return Trial.of(
            CrossEntropy.builder()
                .classWeights(samples.uniform(classes, 0.5, 2))
                .ignoreIndex(-100)
                .labelSmoothing(0.1)
                .zLoss(1e-3)
                .logitScale(1.5)
                .softcap(30)
                .build(),
            input,
            Targets.classes(targets).withSampleWeights(samples.uniform(rows, 0, 2)))
        .gradientInPlace()
        .withUpstream(3)
        .withMetrics(Trial.ALL_METRICS);
  }

  private static Trial softTargets(ElementType type, Shape shape) {
    int rows = shape.rows();
    int classes = shape.classes();
    Samples samples = new Samples(17L * rows + classes);
    Matrix input = Arrangement.CONTIGUOUS.allocate(MemoryKind.NATIVE, type, rows, classes);
    samples.fillLogits(input, 5);
    Matrix targets = Arrangement.CONTIGUOUS.allocate(MemoryKind.ARRAY, type, rows, classes);
    samples.fillSparseTargets(targets);
    Matrix gradient = Arrangement.CONTIGUOUS.allocate(MemoryKind.NATIVE, type, rows, classes);
    return Trial.of(
            CrossEntropy.builder().labelSmoothing(0.1).reduction(Reduction.SUM).build(),
            input,
            Targets.probabilities(targets))
        .writing(MatrixOutput.GRADIENT, gradient)
        .withMetrics(Set.of(Metric.ACCURACY, Metric.PERPLEXITY, Metric.BRIER, Metric.ENTROPY));
  }
}
