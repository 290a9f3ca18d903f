package dev.batchloss.cli;

import dev.batchloss.evaluate.ProgressListener;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on a terminal, once a second has passed without the end in sight. */
final class RowProgress implements ProgressListener, AutoCloseable {
  private static final long PATIENCE_NANOS = 1_000_000_000;
  private static final int WIDTH = 79;
  private static final int UPDATE_MILLIS = 200;

  private final Console console;
  private final LongSupplier nanoClock;
  private final long started;
  private boolean decided;
  private @Nullable ProgressBar bar;

  RowProgress(Console console, LongSupplier nanoClock) {
    this.console = console;
    this.nanoClock = nanoClock;
    this.started = nanoClock.getAsLong();
  }

  @Override
  public void onRows(long rowsDone, long rows) {
    if (!decided && rowsDone < rows && nanoClock.getAsLong() - started > PATIENCE_NANOS) {
      decided = true;
      bar = console.errIsTerminal().getAsBoolean() ? newBar(rows) : null;
    }
    if (bar != null) {
      bar.stepTo(rowsDone);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }

  private ProgressBar newBar(long rows) {
    return new ProgressBarBuilder()
        .setTaskName("evaluate")
        .setUnit(" rows", 1)
        .setInitialMax(rows)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLIS)
        .setConsumer(new ConsoleProgressBarConsumer(console.err(), WIDTH))
        .clearDisplayOnFinish()
        .build();
  }
}
