package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import dev.batchloss.spi.DeviceMatrix;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each CUDA kernel on few elements: what a fault that is planted in it has to fail. Rows end within
 * an octet, their greatest elements come late, and they are several to a warp or a block.
 */
@Tag("cuda")
class CudaTiersTest {
  private static final Outputs ROW_LOSSES = Outputs.lossOnly().withRowLosses();

  @Test
  void severalRowsAWarp() {
    judgePlain(9, 37);
    judgePlain(5, 39);
    judgePlain(3, 250);
  }

  @Test
  void aRowAWarp() {
    judgePlain(3, 1005);
  }

  @Test
  void aRowABlock() {
    judgePlain(2, 2501);
  }

  /**
   * Each thread reads a second stretch of octets, whose elements are greater; the row takes more
   * shared memory than a kernel has without asking for it.
   */
  @Test
  void aLongRowABlock() {
    judgePlain(1, 13_005);
  }

  /** On the device rows follow each other without gaps: these begin at multiples of 4 and of 8. */
  @Test
  void rowsThatStartAnywhere() {
    CrossEntropy loss = CrossEntropy.builder().build();
    for (int classes : new int[] {37, 38, 1005, 1006, 2501, 2502}) {
      Matrix input = logits(Arrangement.CONTIGUOUS, ElementType.FLOAT32, 3, classes);
      Matrix want = Matrix.of(new float[3 * classes], 3, classes);
      Matrix got = Matrix.of(new float[3 * classes], 3, classes);
      Targets targets = Targets.classes(1, 0, classes - 1);
      try (BatchLoss engine = BackendUnderTest.CUDA.open();
          DeviceMatrix there = engine.toDevice(input)) {
        double[] losses = engine.evaluate(loss, there, targets, ROW_LOSSES).rowLosses();
        assertThat(losses).isEqualTo(engine.evaluate(loss, input, targets, ROW_LOSSES).rowLosses());
        LossResult _ = engine.evaluate(loss, input, targets, Outputs.gradientInto(want));
        LossResult _ = engine.evaluate(loss, there, targets, Outputs.gradientInto(there));
        there.copyTo(got);
      }
      assertThat(got.array()).isEqualTo(want.array());
    }
  }

  @Test
  void ignoredRows() {
    for (int classes : new int[] {39, 1005, 2501}) {
      judgeIgnored(Arrangement.CONTIGUOUS, classes);
      judgeIgnored(Arrangement.FORTRAN, classes);
    }
    judgeIgnored(Arrangement.CONTIGUOUS, 65_541);
  }

  @Test
  void aRowInSegments() {
    judgePlain(2, 65_541);
  }

  /** Blocks take whole rows of two segments where the device has few multiprocessors. */
  @Test
  void longRowsABlock() {
    judgePlain(2, 65_541);
  }

  @Test
  void aRowAThread() {
    judge(Arrangement.FORTRAN, ElementType.FLOAT32, 40, 23);
  }

  @Test
  void halfPrecision() {
    judge(Arrangement.CONTIGUOUS, ElementType.FLOAT16, 3, 75);
    judge(Arrangement.CONTIGUOUS, ElementType.BFLOAT16, 2, 1203);
  }

  @Test
  void doublePrecision() {
    judge(Arrangement.CONTIGUOUS, ElementType.FLOAT64, 3, 75);
    judge(Arrangement.CONTIGUOUS, ElementType.FLOAT64, 2, 301);
  }

  /** Elements so far apart that only what is relative to the greatest has an exponential. */
  @Test
  void elementsFarApart() {
    for (int classes : new int[] {39, 1005, 2501}) {
      Matrix input = logits(Arrangement.CONTIGUOUS, ElementType.FLOAT32, 2, classes);
      input.set(0, 3, 150);
      input.set(1, classes / 2, -150);
      judge(input, Arrangement.CONTIGUOUS);
    }
  }

  /** With metrics and terms that only the general kernels know. */
  @Test
  void everyStatistic() {
    judgeEveryStatistic(4, 45);
    judgeEveryStatistic(2, 1501);
  }

  private static void judgePlain(int rows, int classes) {
    judge(Arrangement.CONTIGUOUS, ElementType.FLOAT32, rows, classes);
  }

  private static void judge(Arrangement arrangement, ElementType type, int rows, int classes) {
    judge(logits(arrangement, type, rows, classes), arrangement);
  }

  private static void judge(Matrix input, Arrangement arrangement) {
    int[] targets = new Samples(1).classes((int) input.rows(), input.classes());
    targets[targets.length - 1] = input.classes() - 1;
    targets[0] = 0;
    judge(input, arrangement, CrossEntropy.builder(), targets);
  }

  private static void judgeIgnored(Arrangement arrangement, int classes) {
    Matrix input = logits(arrangement, ElementType.FLOAT32, 3, classes);
    judge(input, arrangement, CrossEntropy.builder().ignoreIndex(2), new int[] {0, 2, 5});
  }

  private static void judge(
      Matrix input, Arrangement arrangement, CrossEntropy.Builder loss, int[] targets) {
    int rows = (int) input.rows();
    int classes = input.classes();
    Trial trial = Trial.of(loss.reduction(Reduction.SUM).build(), input, Targets.classes(targets));
    Matrix gradient = arrangement.allocate(MemoryKind.NATIVE, input.type(), rows, classes);
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      Judge.judge(engine, trial);
      Judge.judge(engine, trial.writing(MatrixOutput.GRADIENT, gradient));
    }
  }

  private static void judgeEveryStatistic(int rows, int classes) {
    Samples samples = new Samples(classes);
    Matrix gradient =
        Arrangement.CONTIGUOUS.allocate(MemoryKind.NATIVE, ElementType.FLOAT32, rows, classes);
    Trial trial =
        Trial.of(
                CrossEntropy.builder()
                    .classWeights(samples.uniform(classes, 0.5, 2))
                    .labelSmoothing(0.1)
                    .zLoss(1e-3)
                    .build(),
                logits(Arrangement.CONTIGUOUS, ElementType.FLOAT32, rows, classes),
                Targets.classes(samples.classes(rows, classes)))
            .writing(MatrixOutput.GRADIENT, gradient)
            .withMetrics(Trial.ALL_METRICS);
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      Judge.judge(engine, trial);
    }
  }

  /** Elements that rise along the row, the last the greatest: the greatest so far moves. */
  private static Matrix logits(Arrangement arrangement, ElementType type, int rows, int classes) {
    Matrix input = arrangement.allocate(MemoryKind.NATIVE, type, rows, classes);
    Samples samples = new Samples(rows);
    double[] noise = samples.uniform(rows * classes, -3, 3);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < classes; c++) {
        input.set(r, c, 8.0 * c / classes + noise[r * classes + c]);
      }
      input.set(r, classes - 1, 12);
    }
    return input;
  }
}
