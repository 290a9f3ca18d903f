package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Which of several failures a call ends with. */
class TaskQueueTest {
  /** Often enough that one thread fails at a task while the other has taken the one before. */
  private static final int REPEATS = 50_000;

  @Test
  void theFirstFailureInTheOrderIsThrownWhateverTheTiming() throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    TaskQueue[] queues = new TaskQueue[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
      queues[i] = new TaskQueue(2);
    }
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<?> other =
          executor.submit(
              () -> {
                drainAll(start, queues);
                return null;
              });
      drainAll(start, queues);
      other.get();
    }
    for (TaskQueue queue : queues) {
      assertThatThrownBy(queue::rethrow).hasMessage("task 0");
    }
  }

  private static void drainAll(CyclicBarrier start, TaskQueue[] queues) throws Exception {
    start.await();
    for (TaskQueue queue : queues) {
      queue.drain(
          task -> {
            throw new IllegalStateException("task " + task);
          });
    }
  }
}
