package dev.batchloss.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.batchloss.bench.Limit.Outcome;
import dev.batchloss.bench.Limit.Side;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

class LimitTest {
  private static final Limit LEAST = new Limit("share", Side.AT_LEAST, 0.25);
  private static final Limit MOST = new Limit("bytes", Side.AT_MOST, 1000);

  @Test
  void whatKeepsItsBoundIsMeasuredOnce() {
    assertThat(LEAST.judge(inTurn(0.25))).isEqualTo(new Outcome(LEAST, 0.25, 1));
    assertThat(MOST.judge(inTurn(1000))).isEqualTo(new Outcome(MOST, 1000, 1));
  }

  @Test
  void oneOddMeasurementIsForgiven() {
    Outcome outcome = LEAST.judge(inTurn(0.1, 0.2, 0.7));
    assertThat(outcome.isHeld()).isTrue();
    assertThat(outcome.attempts()).isEqualTo(3);
    assertThat(MOST.judge(inTurn(5000, 500)).isHeld()).isTrue();
  }

  @Test
  void whatFailsEveryTimeHasFailedWithItsBestMeasurement() {
    Outcome slow = LEAST.judge(inTurn(0.1, 0.24, 0.1, 0.2, 0.1));
    assertThat(slow.isHeld()).isFalse();
    assertThat(slow.line()).isEqualTo("FAIL  share: 0.240, must be at least 0.250 (attempt 5)");
    Outcome large = MOST.judge(inTurn(4000, 2000, 3000, 2000, 4000));
    assertThat(large.isHeld()).isFalse();
    assertThat(large.best()).isEqualTo(2000);
  }

  @Test
  void whatCannotBeMeasuredHasFailed() {
    double none = Double.NaN;
    assertThat(LEAST.judge(inTurn(none, none, none, none, none)).isHeld()).isFalse();
    assertThat(MOST.judge(inTurn(none, none, none, none, none)).isHeld()).isFalse();
  }

  private static DoubleSupplier inTurn(double... measurements) {
    Queue<Double> left = new ArrayDeque<>(Arrays.stream(measurements).boxed().toList());
    return left::remove;
  }
}
