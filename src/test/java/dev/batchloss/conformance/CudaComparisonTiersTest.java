package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.Metric;
import dev.batchloss.Outputs;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.data.ValueTargets;
import dev.batchloss.loss.BinaryCrossEntropy;
import dev.batchloss.loss.CategoricalHinge;
import dev.batchloss.loss.CosineSimilarity;
import dev.batchloss.loss.JensenShannon;
import dev.batchloss.loss.LogitsKlDivergence;
import dev.batchloss.loss.Loss;
import dev.batchloss.loss.PairLoss;
import dev.batchloss.spi.DeviceMatrix;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Each CUDA kernel that compares two matrices on few elements: what a fault that is planted in it
 * has to fail. Classes are no multiple of a warp's lanes, rows no multiple of a block's.
 */
@Tag("cuda")
class CudaComparisonTiersTest {
  private static final Outputs ROW_LOSSES = Outputs.lossOnly().withRowLosses();
  private static final List<PairLoss> PAIRS =
      List.of(
          LogitsKlDivergence.builder().temperature(1.5).build(),
          LogitsKlDivergence.builder().direction(LogitsKlDivergence.Direction.REVERSE).build(),
          JensenShannon.builder().build(),
          CosineSimilarity.builder().build(),
          CategoricalHinge.builder().build());

  @Test
  void rowsOfElementsAWarp() {
    judgeElements(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 131, 1);
    judgeElements(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 19, 13);
    judgeElements(ElementType.FLOAT16, Arrangement.CONTIGUOUS, 5, 39);
    judgeElements(ElementType.FLOAT64, Arrangement.CONTIGUOUS, 3, 1023);
  }

  @Test
  void aRowOfElementsABlock() {
    judgeElements(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 2, 1025);
    judgeElements(ElementType.BFLOAT16, Arrangement.CONTIGUOUS, 2, 1501);
    judgeElements(ElementType.FLOAT64, Arrangement.CONTIGUOUS, 2, 1301);
  }

  @Test
  void rowsOfElementsSideBySide() {
    judgeElements(ElementType.FLOAT32, Arrangement.FORTRAN, 130, 5);
  }

  @Test
  void rowsOfPairsAWarp() {
    judgePairs(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 19, 13);
    judgePairs(ElementType.FLOAT64, Arrangement.CONTIGUOUS, 5, 39);
  }

  @Test
  void aRowOfPairsABlock() {
    judgePairs(ElementType.FLOAT32, Arrangement.CONTIGUOUS, 2, 1025);
    judgePairs(ElementType.FLOAT64, Arrangement.CONTIGUOUS, 2, 1301);
  }

  @Test
  void rowsOfPairsSideBySide() {
    judgePairs(ElementType.FLOAT32, Arrangement.FORTRAN, 130, 5);
  }

  /** A long row is that of its first classes if the others have no part in it. */
  @Test
  void classesWithoutProbabilityChangeNothing() {
    int narrow = 31;
    int wide = 1301;
    Matrix input = Samples.logits(1, ElementType.FLOAT32, 2, narrow);
    Matrix values = Samples.logits(2, ElementType.FLOAT32, 2, narrow);
    Matrix longInput = lengthened(input, wide);
    Matrix longValues = lengthened(values, wide);
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      for (PairLoss loss : PAIRS.subList(0, 3)) {
        Matrix want = Matrix.of(new float[2 * narrow], 2, narrow);
        Matrix got = Matrix.of(new float[2 * wide], 2, wide);
        LossResult wanted =
            engine.evaluate(loss, input, Targets.values(values), Outputs.gradientInto(want));
        LossResult gotten =
            engine.evaluate(loss, longInput, Targets.values(longValues), Outputs.gradientInto(got));
        assertThat(gotten.loss()).isCloseTo(wanted.loss(), within(2e-6));
        for (int r = 0; r < 2; r++) {
          for (int c = 0; c < wide; c++) {
            assertThat(got.get(r, c))
                .as("%s: row %d, class %d", loss, r, c)
                .isCloseTo(c < narrow ? want.get(r, c) : 0, within(1e-6));
          }
        }
      }
    }
  }

  @Test
  void decisionsOfALongRowAreCounted() {
    int classes = 1301;
    Matrix input = Matrix.of(new float[2 * classes], 2, classes);
    Matrix labels = Matrix.of(new float[2 * classes], 2, classes);
    for (int c = 0; c < classes; c++) {
      input.set(0, c, c % 2 == 0 ? 1 : -1);
      input.set(1, c, c % 7 == 0 ? 1 : -1);
      labels.set(0, c, 1);
      labels.set(1, c, 1);
    }
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      LossResult result =
          engine.evaluate(
              BinaryCrossEntropy.builder().build(),
              input,
              Targets.values(labels),
              Outputs.lossOnly().withMetrics(Metric.ACCURACY));
      assertThat(result.metrics().accuracy()).isEqualTo((651.0 / classes + 186.0 / classes) / 2);
    }
  }

  /** On the device rows follow each other without gaps. */
  @Test
  void matricesOfTheDeviceGiveTheSameBits() {
    for (int classes : new int[] {1, 5, 37, 1029}) {
      Matrix input = Samples.logits(3, ElementType.FLOAT32, 9, classes);
      Matrix values = Matrix.of(new float[9 * classes], 9, classes);
      new Samples(5).fill(values, _ -> 0.25);
      ValueTargets targets = Targets.values(values);
      for (Loss loss :
          List.of(BinaryCrossEntropy.builder().build(), JensenShannon.builder().build())) {
        Matrix want = Matrix.of(new float[9 * classes], 9, classes);
        Matrix got = Matrix.of(new float[9 * classes], 9, classes);
        try (BatchLoss engine = BackendUnderTest.CUDA.open();
            DeviceMatrix there = engine.toDevice(input)) {
          double[] losses = engine.evaluate(loss, there, targets, ROW_LOSSES).rowLosses();
          assertThat(losses)
              .isEqualTo(engine.evaluate(loss, input, targets, ROW_LOSSES).rowLosses());
          LossResult _ = engine.evaluate(loss, input, targets, Outputs.gradientInto(want));
          LossResult _ = engine.evaluate(loss, there, targets, Outputs.gradientInto(there));
          there.copyTo(got);
        }
        assertThat(got.array()).isEqualTo(want.array());
      }
    }
  }

  private static void judgeElements(
      ElementType type, Arrangement arrangement, int rows, int classes) {
    ComparisonTrial trial = ElementSamples.logits().trial(type, arrangement, rows, classes);
    double[] weights = new Samples(7).uniform(classes, 0.5, 2);
    ValueTargets weighted = trial.targets().withClassWeights(weights);
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      trial.judge(engine, type);
      new ComparisonTrial(trial.loss(), trial.input(), weighted).judge(engine, type);
    }
  }

  private static void judgePairs(ElementType type, Arrangement arrangement, int rows, int classes) {
    Matrix input = arrangement.allocate(MemoryKind.ARRAY, type, rows, classes);
    Matrix values =
        Matrix.of(new float[rows * classes], input.outer(), input.classes(), input.inner());
    new Samples(1).fillLogits(input, 4);
    new Samples(2).fillLogits(values, 4);
    try (BatchLoss engine = BackendUnderTest.CUDA.open()) {
      for (PairLoss loss : PAIRS) {
        new ComparisonTrial(loss, input, Targets.values(values)).judge(engine, type);
      }
    }
  }

  private static Matrix lengthened(Matrix rows, int classes) {
    Matrix longer = Matrix.of(new float[Math.toIntExact(rows.rows() * classes)], 2, classes);
    for (int r = 0; r < rows.rows(); r++) {
      for (int c = 0; c < classes; c++) {
        longer.set(r, c, c < rows.classes() ? rows.get(r, c) : -1e4);
      }
    }
    return longer;
  }
}
