package dev.batchloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RowProgressTest {
  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private long now;

  @Test
  void showsABarOnATerminalOnceASecondHasPassed() {
    try (RowProgress progress = progress(true)) {
      now = SECOND / 2;
      progress.onRows(1, 10);
      assertThat(err.size()).isZero();
      now = 2 * SECOND;
      progress.onRows(5, 10);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("evaluate");
  }

  @Test
  void showsNothingWhereNobodyWatches() {
    try (RowProgress progress = progress(false)) {
      now = 2 * SECOND;
      progress.onRows(5, 10);
      progress.onRows(10, 10);
    }
    assertThat(err.size()).isZero();
  }

  @Test
  void showsNothingWhenItIsDone() {
    try (RowProgress progress = progress(true)) {
      now = 2 * SECOND;
      progress.onRows(10, 10);
    }
    assertThat(err.size()).isZero();
  }

  private RowProgress progress(boolean terminal) {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new RowProgress(new Console(stream, stream, () -> terminal), () -> now);
  }
}
