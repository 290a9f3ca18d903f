package dev.batchloss.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WarmingTest {
  @BeforeEach
  void startAnew() {
    LoopStates.cold();
  }

  @AfterEach
  void leaveCompiled() {
    LoopStates.compiled();
  }

  @Test
  void aLoopThatWasWantedIsUsedOnceItIsWarm() {
    assertThat(VectorLoop.MAXIMUM.isCompiled(64)).isFalse();
    Warming.run();
    assertThat(VectorLoop.MAXIMUM.isCompiled(64)).isTrue();
  }

  @Test
  void aLoopThatNobodyWantsIsNotWarmed() {
    assertThat(VectorLoop.MAXIMUM.isCompiled(64)).isFalse();
    Warming.run();
    assertThat(VectorLoop.COUNT_EQUAL.isCompiled(64)).isFalse();
  }

  @Test
  void aLoopIsTakenToWarmOnce() {
    assertThat(VectorLoop.LOG.takeToWarm()).isFalse();
    assertThat(VectorLoop.LOG.isCompiled(1)).isFalse();
    assertThat(VectorLoop.LOG.takeToWarm()).isTrue();
    assertThat(VectorLoop.LOG.takeToWarm()).isFalse();
  }

  @Test
  void everyLoopCanBeWarmed() {
    for (VectorLoop loop : VectorLoop.values()) {
      assertThat(loop.isCompiled(1)).isFalse();
    }
    Warming.run();
    assertThat(VectorLoop.values()).allMatch(loop -> loop.isCompiled(1));
  }
}
