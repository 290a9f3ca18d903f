package dev.batchloss.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.batchloss.BatchLoss;
import dev.batchloss.data.ElementType;
import dev.batchloss.data.Matrix;
import dev.batchloss.data.Targets;
import dev.batchloss.loss.CrossEntropy;
import dev.batchloss.plan.MatrixOutput;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Engines that are shared, failed or closed. */
interface LifecycleConformance extends ConformanceTests {
  @Test
  default void useAfterCloseIsRefused() {
    Trial trial = lifecycleTrial(5);
    BatchLoss engine = backend().open();
    Judge.judge(engine, trial);
    engine.close();
    engine.close();
    assertThatThrownBy(() -> engine.evaluate(trial.loss(), trial.input(), trial.targets()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  default void manyThreadsShareOneEngine() throws InterruptedException, ExecutionException {
    try (BatchLoss engine = backend().open();
        ExecutorService callers = Executors.newFixedThreadPool(4)) {
      List<Bits> alone = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        alone.add(Bits.of(engine, lifecycleTrial(i)));
      }
      List<Future<Bits>> together = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        Trial trial = lifecycleTrial(i);
        together.add(callers.submit(() -> Bits.of(engine, trial)));
      }
      for (int i = 0; i < 24; i++) {
        together.get(i).get().mustEqual(alone.get(i), "call " + i);
      }
    }
  }

  @Test
  default void aRefusedCallLeavesTheEngineUsable() {
    try (BatchLoss engine = backend().open()) {
      Matrix input = Samples.logits(1, ElementType.FLOAT32, 100, 10);
      Matrix targets = Samples.logits(2, ElementType.FLOAT32, 100, 10);
      CrossEntropy loss = CrossEntropy.builder().build();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> engine.evaluate(loss, input, Targets.probabilities(targets)))
            .hasMessageContaining("target probability of row 0");
        Judge.judge(engine, lifecycleTrial(i));
      }
    }
  }

  @Test
  default void theResultNamesTheBackend() {
    try (BatchLoss engine = backend().open()) {
      Trial trial = lifecycleTrial(1);
      assertThat(engine.evaluate(trial.loss(), trial.input(), trial.targets()).backend().name())
          .startsWith(backend().name());
      assertThat(engine.backend().detail()).isNotBlank();
      assertThat(engine.passedOver()).isEmpty();
    }
  }

  private static Trial lifecycleTrial(int seed) {
    int rows = 40 + 17 * seed;
    int classes = 5 + 31 * (seed % 7);
    Matrix input = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    Matrix gradient = Samples.logits(seed, ElementType.FLOAT32, rows, classes);
    int[] targets = new Samples(seed).classes(rows, classes);
    return Trial.of(CrossEntropy.builder().build(), input, Targets.classes(targets))
        .writing(MatrixOutput.GRADIENT, gradient);
  }
}
