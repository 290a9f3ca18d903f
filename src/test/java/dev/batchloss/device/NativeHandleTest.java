package dev.batchloss.device;

import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class NativeHandleTest {
  private final AtomicInteger releases = new AtomicInteger();

  private static final class CountedHandle extends NativeHandle<Object> {
    CountedHandle(AtomicInteger releases) {
      super(
          "stand-in",
          new Object(),
          object -> {
            releases.incrementAndGet();
            return 0;
          });
    }
  }

  @Test
  void useAfterCloseIsAnError() {
    CountedHandle handle = new CountedHandle(releases);
    handle.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> handle.with(object -> object))
        .withMessage("the stand-in is closed");
    assertThatIllegalStateException().isThrownBy(handle::requireOpen);
  }

  @Test
  void closingTwiceReleasesOnce() {
    long before = NativeHandle.live();
    CountedHandle handle = new CountedHandle(releases);
    assertThat(NativeHandle.live()).isEqualTo(before + 1);
    handle.close();
    handle.close();
    assertThat(releases).hasValue(1);
    assertThat(NativeHandle.live()).isEqualTo(before);
  }

  @Test
  void closingWhileInUseReleasesWhenTheLastUseEnds() {
    CountedHandle handle = new CountedHandle(releases);
    handle.with(
        outer -> {
          handle.with(
              inner -> {
                handle.close();
                assertThat(releases).hasValue(0);
                return inner;
              });
          assertThat(releases).hasValue(0);
          assertThatIllegalStateException().isThrownBy(() -> handle.with(object -> object));
          return outer;
        });
    assertThat(releases).hasValue(1);
  }

  @Test
  void aUseThatThrowsHasEnded() {
    CountedHandle handle = new CountedHandle(releases);
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                handle.with(
                    object -> {
                      throw new IllegalStateException("inside");
                    }));
    handle.close();
    assertThat(releases).hasValue(1);
  }

  @Test
  void aReleaseThatFailsIsNotTheCallersProblem() {
    long before = NativeHandle.live();
    try (NativeHandle<Object> _ =
        new NativeHandle<>(
            "stand-in",
            new Object(),
            object -> {
              throw new IllegalArgumentException("no such object");
            }) {}) {
      assertThat(NativeHandle.live()).isEqualTo(before + 1);
    }
    assertThat(NativeHandle.live()).isEqualTo(before);
  }

  @Test
  @Timeout(value = 2, unit = MINUTES, threadMode = SEPARATE_THREAD)
  void aForgottenOneIsReleased() {
    forget();
    while (releases.get() == 0) {
      System.gc();
      Thread.onSpinWait();
    }
    assertThat(releases).hasValue(1);
  }

  private void forget() {
    assertThat(new CountedHandle(releases).<Boolean>with(object -> true)).isTrue();
  }
}
