package dev.batchloss.bench;

import java.time.Duration;
import java.util.function.Consumer;

/** A benchmark that is set up and timed in this very JVM, without JMH. */
final class OpenBenchmark implements AutoCloseable {
  private final LossAgainstCeiling state;

  private OpenBenchmark(LossAgainstCeiling state) {
    this.state = state;
  }

  /** Sets the benchmark of a line up, with one thread a processor. */
  static OpenBenchmark of(RatioCase line) {
    LossAgainstCeiling state;
    try {
      state = line.question().getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(line.label() + " cannot be made", e);
    }
    state.backend = line.backend();
    state.shape = line.shape();
    state.type = line.type();
    state.memory = line.memory();
    state.copies = line.copies();
    if (state instanceof CrossEntropyMetrics asked) {
      asked.metrics = line.metrics();
    }
    state.open();
    return new OpenBenchmark(state);
  }

  /** Returns the times of loss and ceiling by turns, for as long as said, after some turns more. */
  AlternatingTimes alternate(Duration duration) {
    return repeat(
        duration,
        times -> {
          state.restore();
          state.alternating(times);
        });
  }

  /**
   * Returns the times of this loss, as those of the loss, and of another, as those of the ceiling,
   * by turns, for as long as said, after some turns more.
   */
  AlternatingTimes alternate(OpenBenchmark other, Duration duration) {
    return repeat(
        duration,
        times -> {
          double own = nanos();
          times.add(own, other.nanos());
        });
  }

  /**
   * What is compiled late, the loss or what it is held against, bends their ratio either way: as
   * much time again passes before turns count.
   */
  private static AlternatingTimes repeat(Duration duration, Consumer<AlternatingTimes> turn) {
    AlternatingTimes times = new AlternatingTimes();
    for (int part = 0; part < 2; part++) {
      times.clear();
      long begin = System.nanoTime();
      do {
        turn.accept(times);
      } while (System.nanoTime() - begin < duration.toNanos());
    }
    return times;
  }

  private double nanos() {
    state.restore();
    long start = System.nanoTime();
    if (Double.isNaN(state.loss().loss())) {
      throw new IllegalStateException("the loss is NaN");
    }
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    state.close();
  }
}
