package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.BatchLoss;
import dev.batchloss.LossResult;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.EmptyMean;
import dev.batchloss.plan.InputKind;
import dev.batchloss.plan.MatrixOutput;
import dev.batchloss.plan.Reduction;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** An ignored row contributes nothing, whatever it holds. */
interface IgnoredRowConformance extends ConformanceTests {
  int IGNORED = -100;
  int MANY_ROWS = 199;
  int FEW_CLASSES = 21;

  @Test
  default void threeOfTenRowsAreIgnoredWhateverTheyHold() {
    try (BatchLoss engine = backend().open()) {
      for (ElementType type : ElementType.values()) {
        for (HostileRow hostile :
            new HostileRow[] {
              HostileRow.ALL_NAN,
              HostileRow.FIRST_NAN,
              HostileRow.ALL_MINUS_INFINITY,
              HostileRow.ONE_PLUS_INFINITY
            }) {
          Trial trial = withHostileIgnoredRows(type, hostile);
          Matrix output =
              Arrangement.GAPS.allocate(MemoryKind.NATIVE, type, MANY_ROWS, FEW_CLASSES);
          Judge.judge(engine, trial.writing(MatrixOutput.GRADIENT, output));
          Judge.judge(engine, trial.writing(MatrixOutput.SOFTMAX, output));
          Judge.judge(engine, trial.writing(MatrixOutput.LOG_SOFTMAX, output));
          Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS).gradientInPlace());
        }
      }
    }
  }

  private static Trial withHostileIgnoredRows(ElementType type, HostileRow hostile) {
    Samples samples = new Samples(11);
    Matrix input = Samples.logits(11, type, MANY_ROWS, FEW_CLASSES);
    int[] targets = samples.classes(MANY_ROWS, FEW_CLASSES);
    samples.sprinkle(targets, IGNORED);
    for (int r = 0; r < MANY_ROWS; r++) {
      if (targets[r] == IGNORED) {
        hostile.write(input, r);
      }
    }
    return Trial.of(
        CrossEntropy.builder().ignoreIndex(IGNORED).labelSmoothing(0.1).zLoss(0.01).build(),
        input,
        Samples.longTargets(targets).withSampleWeights(samples.uniform(MANY_ROWS, 0, 2)));
  }

  @Test
  default void probabilitiesOfIgnoredRowsAreNotChecked() {
    int[] targets = {0, IGNORED, 1};
    float[] rows = {0.5f, 0.5f, Float.NaN, 7, 0.25f, 0.75f};
    try (BatchLoss engine = backend().open()) {
      CrossEntropy loss =
          CrossEntropy.builder().input(InputKind.PROBABILITIES).ignoreIndex(IGNORED).build();
      Trial trial = Trial.of(loss, Matrix.of(rows, 3, 2), Targets.classes(targets));
      Judge.judge(engine, trial.writing(MatrixOutput.GRADIENT, Matrix.of(new float[6], 3, 2)));
      Judge.judge(engine, trial.gradientInPlace());
    }
  }

  @Test
  default void nothingCounted() {
    int[] targets = new int[MANY_ROWS];
    Arrays.fill(targets, IGNORED);
    try (BatchLoss engine = backend().open()) {
      for (EmptyMean emptyMean : EmptyMean.values()) {
        for (Reduction reduction : new Reduction[] {Reduction.MEAN, Reduction.SUM}) {
          CrossEntropy loss =
              CrossEntropy.builder()
                  .ignoreIndex(IGNORED)
                  .emptyMean(emptyMean)
                  .reduction(reduction)
                  .build();
          Matrix input = Samples.logits(3, ElementType.FLOAT32, MANY_ROWS, FEW_CLASSES);
          Trial trial = Trial.of(loss, input, Targets.classes(targets));
          Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS).gradientInPlace());
          LossResult result = engine.evaluate(loss, input, trial.targets());
          boolean isNan = reduction.equals(Reduction.MEAN) && emptyMean == EmptyMean.NAN;
          assertThat(result.loss()).isEqualTo(Double.valueOf(isNan ? Double.NaN : 0));
          assertThat(result.summary().ignored()).isEqualTo(MANY_ROWS);
        }
      }
    }
  }

  @Test
  default void withoutAnIgnoredClassNothingIsIgnored() {
    try (BatchLoss engine = backend().open()) {
      Matrix input = Samples.logits(4, ElementType.FLOAT32, 3, FEW_CLASSES);
      Targets targets = Targets.classes(0, 0, 5);
      Judge.judge(engine, Trial.of(CrossEntropy.builder().build(), input, targets));
      LossResult result =
          engine.evaluate(CrossEntropy.builder().ignoreIndex(0).build(), input, targets);
      assertThat(result.summary().counted()).isEqualTo(1);
    }
  }

  /** A row of weight 0 is counted but moves nothing; its bin of the calibration error is empty. */
  @Test
  default void rowsOfWeightZeroMoveNoMetric() {
    try (BatchLoss engine = backend().open()) {
      Matrix input = Samples.logits(9, ElementType.FLOAT32, 40, FEW_CLASSES);
      int[] classes = new Samples(9).classes(40, FEW_CLASSES);
      double[] weights = new double[40];
      weights[17] = 2;
      Targets targets = Targets.classes(classes).withSampleWeights(weights);
      Trial trial = Trial.of(CrossEntropy.builder().build(), input, targets);
      Judge.judge(engine, trial.withMetrics(Trial.ALL_METRICS));
    }
  }
}
