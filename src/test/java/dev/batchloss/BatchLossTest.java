package dev.batchloss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.loss.Loss;
import dev.batchloss.plan.Reduction;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class BatchLossTest {
  private static final Loss LOSS = CrossEntropy.builder().ignoreIndex(-1).build();
  private static final Loss COUNTING_ALL = CrossEntropy.builder().build();
  private static final Offset<Double> EPSILON = Offset.offset(1e-15);
  private static final Matrix LOGITS = Matrix.of(new double[] {0, 0, 0, Math.log(3), 0, 0}, 3, 2);
  private static final Targets TARGETS = Targets.classes(0, 0, -1);
  private static final double LN2 = Math.log(2);

  @Test
  void whatWasAskedForIsInTheResult() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      float[] gradient = new float[6];
      float[] losses = new float[3];
      double[] logSumExp = new double[3];
      LossResult result =
          engine.evaluate(
              LOSS,
              LOGITS,
              TARGETS,
              Outputs.gradientInto(Matrix.of(gradient, 3, 2))
                  .withRowLosses()
                  .withRowLossesInto(Matrix.of(losses, 3, 1))
                  .withLogSumExp()
                  .withLogSumExpInto(Matrix.of(logSumExp, 3, 1)));
      assertThat(result.rowLosses()).containsExactly(new double[] {LN2, 2 * LN2, 0}, EPSILON);
      assertThat(losses).containsExactly((float) LN2, (float) (2 * LN2), 0);
      assertThat(result.loss()).isEqualTo(1.5 * LN2, EPSILON);
      assertThat(result.logSumExp()).containsExactly(new double[] {LN2, 2 * LN2, LN2}, EPSILON);
      assertThat(logSumExp).containsExactly(result.logSumExp());
      assertThat(gradient).containsExactly(-0.25f, 0.25f, -0.375f, 0.375f, 0, 0);
      assertThat(result.matrix().array()).isSameAs(gradient);
      assertThat(result.summary().counted()).isEqualTo(2);
      assertThat(result.backend().name()).isEqualTo("scalar");
      assertThat(result.passedOver()).isEmpty();
      assertThat(result).hasToString("cross-entropy over 2 of 3 rows on scalar");
    }
  }

  @Test
  void whatWasNotAskedForIsRefused() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      LossResult result = engine.evaluate(LOSS, LOGITS, TARGETS);
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(result::rowLosses)
          .withMessage("row losses were not asked for; see Outputs.withRowLosses");
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(result::logSumExp)
          .withMessage("log-sum-exp was not asked for; see Outputs.withLogSumExp");
      assertThatExceptionOfType(NoSuchElementException.class)
          .isThrownBy(result::matrix)
          .withMessage("no matrix was asked for; see Outputs.gradientInto");
      assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(result::metrics);
    }
  }

  @Test
  void unreducedTheLossesAreTheResult() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      LossResult result = engine.evaluate(LOSS.withReduction(Reduction.NONE), LOGITS, TARGETS);
      assertThat(result.rowLosses()).hasSize(3);
      assertThatIllegalStateException().isThrownBy(result::loss);
      assertThat(result.summary().loss(Reduction.MEAN)).isEqualTo(1.5 * LN2, EPSILON);
    }
  }

  @Test
  void upstreamScalesTheGradient() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      double[] gradient = new double[6];
      Matrix into = Matrix.of(gradient, 3, 2);
      engine.evaluate(LOSS, LOGITS, TARGETS, Outputs.gradientInto(into).withUpstream(-4));
      assertThat(gradient).containsExactly(new double[] {1, -1, 1.5, -1.5, 0, 0}, EPSILON);
      engine.evaluate(
          LOSS.withReduction(Reduction.NONE),
          LOGITS,
          TARGETS,
          Outputs.gradientInto(into).withUpstream(new double[] {2, -6, Double.NaN}));
      assertThat(gradient).containsExactly(new double[] {-1, 1, 4.5, -4.5, 0, 0}, EPSILON);
      engine.evaluate(
          LOSS.withReduction(Reduction.sumOver(8)), LOGITS, TARGETS, Outputs.gradientInto(into));
      assertThat(gradient[0]).isEqualTo(-0.0625);
    }
  }

  @Test
  void theGradientMayGoOverTheLogits() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      float[] values = {0, 0, 0, (float) Math.log(3)};
      Matrix logits = Matrix.of(values, 2, 2);
      LossResult result =
          engine.evaluate(
              LOSS.withReduction(Reduction.SUM),
              logits,
              Targets.classes(0, 0),
              Outputs.gradientInPlace());
      assertThat(values).containsExactly(-0.5f, 0.5f, -0.75f, 0.75f);
      assertThat(result.matrix()).isSameAs(logits);
    }
  }

  @Test
  void softmaxAndLogSoftmaxAreWritten() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      short[] halves = new short[6];
      Matrix into = Matrix.of(halves, ElementType.FLOAT16, 3, 2);
      engine.evaluate(LOSS, LOGITS, TARGETS, Outputs.softmaxInto(into));
      assertThat(into.get(0, 0)).isEqualTo(0.5);
      assertThat(into.get(1, 1)).isEqualTo(0.75);
      double[] logs = new double[6];
      engine.evaluate(LOSS, LOGITS, TARGETS, Outputs.logSoftmaxInto(Matrix.of(logs, 3, 2)));
      assertThat(logs[0]).isEqualTo(-LN2, EPSILON);
      assertThat(logs[3]).isEqualTo(Math.log(0.75), EPSILON);
    }
  }

  @Test
  void columnsTooLongForAnArrayAreRefused() {
    try (BatchLoss engine = BatchLoss.open("scalar")) {
      long rows = 1L << 32;
      Matrix logits =
          Matrix.strided(
              MemorySegment.ofArray(new float[1]), ElementType.FLOAT32, rows, 1, 1, 0, 0, 0);
      Targets targets = Targets.probabilities(logits);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  engine.evaluate(
                      COUNTING_ALL, logits, targets, Outputs.lossOnly().withRowLosses()))
          .withMessage(
              "4294967296 row losses do not fit an array; use the method that writes them into a"
                  + " matrix");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  engine.evaluate(
                      COUNTING_ALL, logits, targets, Outputs.lossOnly().withLogSumExp()))
          .withMessageStartingWith("4294967296 log-sum-exp do not fit an array");
    }
  }

  @Test
  void afterClosingNothingIsEvaluated() {
    BatchLoss engine = BatchLoss.open("scalar");
    engine.close();
    engine.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> engine.evaluate(LOSS, LOGITS, TARGETS))
        .withMessage("this BatchLoss is closed");
  }

  @Test
  void refusesNegativeThreads() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchLoss.builder().backend("scalar").threads(-1).open())
        .withMessage("threads is -1, must not be negative");
  }

  @Test
  void manyThreadsShareOneEngine() throws ExecutionException, InterruptedException {
    try (BatchLoss engine = BatchLoss.builder().backend("scalar").threads(2).open();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Double> expected = new ArrayList<>();
      List<Future<Double>> results = new ArrayList<>();
      for (int call = 0; call < 200; call++) {
        expected.add(evaluateRandom(engine, call));
      }
      for (int call = 0; call < 200; call++) {
        int seed = call;
        results.add(threads.submit(() -> evaluateRandom(engine, seed)));
      }
      for (int call = 0; call < 200; call++) {
        assertThat(results.get(call).get()).isEqualTo(expected.get(call));
      }
    }
  }

  private static double evaluateRandom(BatchLoss engine, int seed) {
    Random random = new Random(seed);
    int rows = 1 + random.nextInt(30);
    int classes = 1 + random.nextInt(50);
    Matrix logits = Matrix.of(random.doubles((long) rows * classes).toArray(), rows, classes);
    int[] targets = random.ints(rows, 0, classes).toArray();
    double[] gradient = new double[rows * classes];
    LossResult result =
        engine.evaluate(
            LOSS,
            logits,
            Targets.classes(targets),
            Outputs.gradientInto(Matrix.of(gradient, rows, classes)).withMetrics(Metric.MRR));
    return result.loss() + result.metrics().meanReciprocalRank() + gradient[targets[0]];
  }
}
