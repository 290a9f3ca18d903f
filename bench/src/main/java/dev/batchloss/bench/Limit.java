package dev.batchloss.bench;

import java.util.Locale;
import java.util.function.DoubleSupplier;

/**
 * Something measured that must stay on one side of a bound. Noise can only make a measurement
 * worse, so what fails is measured again, and only what fails every time has failed.
 *
 * @param what what is measured, in words, with its unit
 * @param side on which side of the bound it must be
 * @param bound itself allowed
 */
record Limit(String what, Side side, double bound) {
  private static final int ATTEMPTS = 5;

  /** Where a measurement must be. */
  enum Side {
    /** Not below the bound. */
    AT_LEAST,
    /** Not above the bound. */
    AT_MOST
  }

  /**
   * The end of the measurements.
   *
   * @param limit what was to be held
   * @param best the measurement farthest on the right side
   * @param attempts how many there were
   */
  record Outcome(Limit limit, double best, int attempts) {
    boolean isHeld() {
      return limit.holds(best);
    }

    String line() {
      return String.format(
          Locale.ROOT,
          "%s  %s: %.3g, must be %s %.3g%s",
          isHeld() ? "ok  " : "FAIL",
          limit.what,
          best,
          limit.side == Side.AT_LEAST ? "at least" : "at most",
          limit.bound,
          attempts == 1 ? "" : " (attempt %d)".formatted(attempts));
    }
  }

  /** Measures until the bound is kept, a few times at most. */
  Outcome judge(DoubleSupplier measurement) {
    double best = Double.NaN;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      double now = measurement.getAsDouble();
      if (Double.isNaN(best) || (side == Side.AT_LEAST ? now > best : now < best)) {
        best = now;
      }
      if (holds(best)) {
        return new Outcome(this, best, attempt);
      }
    }
    return new Outcome(this, best, ATTEMPTS);
  }

  private boolean holds(double measured) {
    return side == Side.AT_LEAST ? measured >= bound : measured <= bound;
  }
}
